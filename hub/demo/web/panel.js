// Draws an LED panel as its chips light it: one round LED for each bit.
const PITCH = 8; // pixels of the canvas from LED to LED
const OFF = '#2a1210', ON = '#ff4a2c', BOARD = '#0a0808';

function led(colour, glow) {
  const c = document.createElement('canvas');
  c.width = c.height = PITCH;
  const g = c.getContext('2d');
  g.fillStyle = BOARD;
  g.fillRect(0, 0, PITCH, PITCH);
  if (glow) {
    g.fillStyle = '#5a140c';
    g.fillRect(0, 0, PITCH, PITCH);
  }
  g.fillStyle = colour;
  g.beginPath();
  g.arc(PITCH / 2, PITCH / 2, PITCH * 0.42, 0, 2 * Math.PI);
  g.fill();
  return c;
}

const on = led(ON, true), off = led(OFF, false);

// paint shows a panel's state on a canvas.
export function paint(canvas, panel) {
  const { w, h, rows } = panel;
  if (canvas.width !== w * PITCH) {
    canvas.width = w * PITCH;
    canvas.height = h * PITCH;
  }
  const g = canvas.getContext('2d');
  const bits = atob(rows);
  canvas.dataset.rows = rows;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      const lit = bits.charCodeAt(i >> 3) & (0x80 >> (i & 7));
      g.drawImage(lit ? on : off, x * PITCH, y * PITCH);
    }
  }
}
