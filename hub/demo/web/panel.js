// Draws a panel as its chips light it: one LED for each bit, round, or square on an OLED.
const BOARD = [10, 8, 8];

// brushes are the lit and the dark LED of a colour, drawn once.
const brushes = new Map();

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mix = (a, b, share) => `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * share)).join(' ')})`;

function led(pitch, ground, colour, round) {
  const c = document.createElement('canvas');
  c.width = c.height = pitch;
  const g = c.getContext('2d');
  g.fillStyle = ground;
  g.fillRect(0, 0, pitch, pitch);
  g.fillStyle = colour;
  g.beginPath();
  if (round) g.arc(pitch / 2, pitch / 2, pitch * (pitch > 4 ? 0.42 : 0.52), 0, 2 * Math.PI);
  else g.rect(0, 0, pitch, pitch);
  g.fill();
  return c;
}

function brush(colour, pitch, round) {
  const name = `${colour} ${pitch} ${round}`;
  if (!brushes.has(name)) {
    const lamp = rgb(colour);
    brushes.set(name, round
      ? { on: led(pitch, mix(BOARD, lamp, pitch > 4 ? 0.3 : 0.55), colour, true), off: led(pitch, mix(BOARD, BOARD, 0), mix(BOARD, lamp, 0.13), true) }
      : { on: led(pitch, '#05080e', colour, false), off: led(pitch, '#05080e', '#05080e', false) });
  }
  return brushes.get(name);
}

// paint shows a panel's state on a canvas.
export function paint(canvas, panel, round = true) {
  const { w, h, rows, color } = panel;
  const pitch = !round ? 2 : w > 64 ? 4 : 8; // pixels of the canvas from LED to LED
  if (canvas.width !== w * pitch || canvas.height !== h * pitch) {
    canvas.width = w * pitch;
    canvas.height = h * pitch;
  }
  const g = canvas.getContext('2d');
  const bits = atob(rows);
  const { on, off } = brush(color, pitch, round);
  canvas.dataset.rows = rows;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      g.drawImage(bits.charCodeAt(i >> 3) & (0x80 >> (i & 7)) ? on : off, x * pitch, y * pitch);
    }
  }
}
