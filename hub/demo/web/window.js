// A window on the hall's page: its panel, who is behind and before the glass, and its
// terminal with the keys that one needs most. One window has all that a window may have.
import { make, post, say, t, show, clock, newID, site } from './page.js';
import { paint } from './panel.js';
import { makeDesk } from './desk.js';

const KEYS = [['recall', {}], ['no_show', {}], ['finish', { choice: 'done' }], ['hold', { choice: '1' }], ['pause', { choice: '1' }], ['undo', {}]];

export function makeWindow(spec, facts) {
  const path = `terminal/${spec.id}`;
  const box = make('article', 'window');
  box.dataset.window = spec.id;
  const canvas = make('canvas', 'panel');
  canvas.setAttribute('role', 'img');
  const look = make('a', 'look', canvas);
  look.href = `panel/${spec.id}/sim/`;
  look.target = '_blank';
  look.rel = 'noopener';
  const clerk = figure('clerk'), citizen = figure('citizen'), sign = make('span', 'sign');
  const desk = spec.equipped ? makeDesk(path, (f) => act(f)) : null;
  const glass = make('div', 'glass', clerk, sign, citizen, ...(desk ? [desk.paper, desk.evaluator] : []));
  const label = make('b'), who = make('span', 'who'), stage = make('em'), open = make('a'), parts = make('a');
  open.href = site(facts, path);
  parts.href = `${path}/sim/`;
  for (const a of [open, parts]) {
    a.target = '_blank';
    a.rel = 'noopener';
  }
  const mute = spec.silent ? icon('mute') : '';
  const number = make('p', 'number'), marks = make('p', 'marks'), about = make('p', 'about'), next = make('p', 'next'), note = make('p', 'note');
  const big = key('big', () => press(screen?.stage === 'signed_off' ? { key: 'sign_on', clerk: spec.clerk, pin: facts.clerk_pin } : { key: 'big' }));
  const small = KEYS.map(([id, more]) => [id, key('small', () => press({ key: id, ...more }))]);
  if (desk) small.push(['rate', key('small', () => press({ key: 'rate' }))], ['print', key('small', notice)]);
  const cables = ['display', 'terminal'].map((kind) => {
    const b = key('plug', () => act(() => post(`cable/${spec[kind]}?out=${!net[kind]?.out}`)));
    b.append(icon('plug'), make('span'));
    return [kind, b];
  });
  const head = desk ? [make('div', 'head', number, desk.hand), make('div', 'head', about, marks)] : [make('div', 'head', number, marks), about];
  const terminal = make('div', 'terminal', make('header', '', label, who, mute, stage), ...head, next, big,
    make('div', 'keys', ...small.map(([, b]) => b)), note, make('footer', '', ...cables.map(([, b]) => b), open, ...(desk ? [parts] : [])));
  box.classList.toggle('equipped', !!desk);
  box.append(glass, terminal, look); // the panel is above them, and the terminal's own page is the first link

  let screen = null, madeAt = 0, resting = 0;
  const net = {};
  const act = (f) => f().catch((e) => show.toast(t().failed + e.message));
  const send = (p) => post(`${path}/press`, { id: newID(), ...p });
  const press = (p) => act(() => send(p));

  // notice prints what a clerk gives out whose first paper is missing.
  function notice() {
    act(async () => { for (const choice of ['notice', 'tick:1', 'go']) await send({ key: 'print', choice }); });
  }

  function key(cls, f) {
    const b = make('button', cls);
    b.type = 'button';
    b.addEventListener('click', f);
    return b;
  }

  function figure(cls) {
    const svg = icon('person');
    svg.setAttribute('class', `figure ${cls}`);
    return svg;
  }

  function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `#${name}`);
    svg.append(use);
    if (name === 'mute') svg.setAttribute('class', 'mute');
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
    parts.textContent = t().parts;
    parts.title = t().partsTitle;
    look.title = `${t().panelKinds[spec.id] || t().panelKinds.usual} · ${t().lookTitle}`;
    if (mute) {
      const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
      title.textContent = t().silent;
      mute.querySelector('title')?.remove();
      mute.append(title);
    }
    desk?.draw();
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
      b.disabled = !k?.live || id === 'print' && !screen.current;
      b.title = k && !k.live ? say(k.why) : id === 'print' ? t().printTitle : '';
    }
    drawNote();
    times();
  }

  function drawNote() {
    const bad = screen?.note ? say(screen.note.text) : screen?.banners.find((b) => b.bad) ? say(screen.banners.find((b) => b.bad).text) : '';
    note.classList.toggle('bad', !!bad);
    const cover = screen?.partner && say(screen.partner.cover);
    const told = screen?.rate && screen.paper?.state !== 'coming' ? `${screen.rate.number} ${say(screen.rate.text)}` : say(screen?.paper?.text);
    note.textContent = bad || told || (resting > 0 ? t().rest(Math.ceil(resting / 1000)) : screen?.menu ? t().more : cover || '');
  }

  return {
    box, draw, times,
    rest(ms) { if (Math.ceil(ms / 1000) !== Math.ceil(resting / 1000)) { resting = ms; drawNote(); } },
    screen(s, age) { screen = s; madeAt = performance.now() - age - (s.age_ms || 0); desk?.screen(s); draw(); },
    panel(p) { canvas.classList.toggle('long', p.w > 5 * p.h); paint(canvas, p); },
    pad(p) { desk?.pad(p); },
    printer(p) { desk?.printer(p); },
    cable(kind, c) { net[kind] = c; draw(); },
  };
}
