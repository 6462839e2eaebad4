// A window on the hall's page: its LED panel, who is behind and before the glass,
// and its terminal with the keys that one needs most.
import { make, post, say, t, show, clock, newID, site } from './page.js';
import { paint } from './panel.js';

const KEYS = [['recall', {}], ['no_show', {}], ['finish', { choice: 'done' }], ['hold', { choice: '1' }], ['pause', { choice: '1' }], ['undo', {}]];

export function makeWindow(spec, facts) {
  const path = `terminal/${spec.id}`;
  const box = make('article', 'window');
  box.dataset.window = spec.id;
  const canvas = make('canvas', 'panel');
  canvas.setAttribute('role', 'img');
  const clerk = figure('clerk'), citizen = figure('citizen'), sign = make('span', 'sign');
  const glass = make('div', 'glass', clerk, sign, citizen);
  const label = make('b'), who = make('span', 'who'), stage = make('em'), open = make('a');
  open.href = site(facts, path);
  open.target = '_blank';
  open.rel = 'noopener';
  const number = make('p', 'number'), marks = make('p', 'marks'), about = make('p', 'about'), next = make('p', 'next'), note = make('p', 'note');
  const big = key('big', () => press(screen?.stage === 'signed_off' ? { key: 'sign_on', clerk: spec.clerk, pin: facts.clerk_pin } : { key: 'big' }));
  const small = KEYS.map(([id, more]) => [id, key('small', () => press({ key: id, ...more }))]);
  const cables = ['display', 'terminal'].map((kind) => {
    const b = key('plug', () => act(() => post(`cable/${spec[kind]}?out=${!net[kind]?.out}`)));
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', '#plug');
    svg.append(use);
    b.append(svg, make('span'));
    return [kind, b];
  });
  const terminal = make('div', 'terminal', make('header', '', label, who, stage), make('div', 'head', number, marks), about, next, big,
    make('div', 'keys', ...small.map(([, b]) => b)), note, make('footer', '', ...cables.map(([, b]) => b), open));
  box.append(canvas, glass, terminal);

  let screen = null, madeAt = 0, resting = 0;
  const net = {};
  const act = (f) => f().catch((e) => show.toast(t().failed + e.message));
  const press = (p) => act(() => post(`${path}/press`, { id: newID(), ...p }));

  function key(cls, f) {
    const b = make('button', cls);
    b.type = 'button';
    b.addEventListener('click', f);
    return b;
  }

  function figure(cls) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', `figure ${cls}`);
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', '#person');
    svg.append(use);
    return svg;
  }

  const since = (ms) => clock(ms + performance.now() - madeAt);

  function times() {
    if (!screen) return;
    const c = screen.current;
    about.textContent = c ? `${say(c.service)} · ${since(c.for_ms)}`
      : screen.pause ? `${screen.pause.reason} · ${since(screen.pause.for_ms)}` : spec.services.map(say).join(' · ');
    next.textContent = screen.stage === 'signed_off' || screen.stage === 'connecting' ? '' : screen.next
      ? `${t().next} ${screen.next.number} · ${t().waited(since(screen.next.wait_ms))}` : t().none;
  }

  function draw() {
    label.textContent = spec.label;
    open.textContent = t().open;
    for (const [kind, b] of cables) {
      const name = t()[kind === 'display' ? 'panel' : 'terminal'], out = !!net[kind]?.out;
      b.lastChild.textContent = name;
      b.title = out ? t().plugOf(name) : t().cutOf(name);
      b.classList.toggle('on', out);
      b.classList.toggle('dead', !!net[kind] && !net[kind].online);
    }
    if (!screen) return;
    box.dataset.stage = screen.stage;
    who.textContent = say(screen.clerk) || t().nobody;
    stage.textContent = t().stage[screen.stage];
    sign.textContent = screen.stage === 'paused' ? t().stage.paused : '';
    number.textContent = screen.current ? screen.current.number : '—';
    const c = screen.current;
    marks.replaceChildren(...[c && say(c.class), c?.for && t().on_behalf(c.for), c?.calls > 1 && t().calls(c.calls)]
      .filter(Boolean).map((text) => make('span', '', text)));
    canvas.setAttribute('aria-label', `${t().panel} ${spec.label}: ${screen.current ? screen.current.number : ''}`);
    big.textContent = screen.stage === 'signed_off' ? t().signOn(spec.clerk) : say(screen.big.label);
    big.disabled = screen.stage !== 'signed_off' && !screen.big.live;
    for (const [id, b] of small) {
      const k = screen.keys.find((k) => k.id === id);
      b.textContent = id === 'pause' && screen.stage === 'paused' ? t().unpause : t()[id];
      b.disabled = !k?.live;
      b.title = k && !k.live ? say(k.why) : '';
    }
    drawNote();
    times();
  }

  function drawNote() {
    const bad = screen?.note ? say(screen.note.text) : screen?.banners.find((b) => b.bad) ? say(screen.banners.find((b) => b.bad).text) : '';
    note.classList.toggle('bad', !!bad);
    const cover = screen?.partner && say(screen.partner.cover);
    note.textContent = resting > 0 && !bad ? t().rest(Math.ceil(resting / 1000)) : bad || (screen?.menu ? t().more : cover || '');
  }

  return {
    box, draw, times,
    rest(ms) { if (Math.ceil(ms / 1000) !== Math.ceil(resting / 1000)) { resting = ms; drawNote(); } },
    screen(s, age) { screen = s; madeAt = performance.now() - age - (s.age_ms || 0); draw(); },
    panel(p) { paint(canvas, p); },
    cable(kind, c) { net[kind] = c; draw(); },
  };
}
