// A dispenser on the hall's page: its screen as the dispenser itself tells it, its
// printer, and the slips that hang out of it.
import { make, post, say, t, show, site } from './page.js';

export function makeKiosk(spec, facts) {
  const path = `kiosk/${spec.n}`;
  const box = make('article', 'kiosk');
  box.dataset.kiosk = spec.n;
  const screen = make('div', 'screen'), slips = make('div', 'slips'), state = make('p', 'state');
  const name = make('b'), open = make('a'), rest = make('i', 'rest');
  open.href = site(facts, path);
  open.target = '_blank';
  open.rel = 'noopener';
  const green = button('green', () => { asGreen = !asGreen; draw(); });
  const paper = button('break', () => act(() => post(`${path}/sim/printer/${printer?.ok ? 'out' : 'ok'}`)));
  const cable = button('break', () => act(() => post(`cable/${spec.device}?out=${!net?.out}`)));
  const head = make('header', '', name, rest, open);
  const foot = make('footer', '', state, paper, cable);
  box.append(make('div', 'machine', head, screen, foot), make('div', 'mouth', make('span', 'slot'), slips));

  let view = null, printer = null, net = null, asGreen = false, resting = 0;

  function button(cls, act) {
    const b = make('button', cls);
    b.type = 'button';
    b.addEventListener('click', act);
    return b;
  }
  const act = (f) => f().catch((e) => show.toast(t().failed + e.message));

  function take(service) {
    const press = asGreen ? { service, class: 'green', reason: t().greenReason } : { service };
    asGreen = false;
    act(() => post(`${path}/press`, press));
  }

  function tile(s) {
    const waits = !s.open ? t().closed : s.known ? t().ahead(s.waiting) : t().unknown;
    const b = make('button', 'tile' + (s.open ? '' : ' closed'), make('b', '', say(s.name)), make('span', '', waits));
    b.type = 'button';
    b.dataset.service = s.service;
    b.addEventListener('click', () => take(s.service));
    return b;
  }

  function result(r) {
    const card = make('div', `result ${r.kind} ${r.paper || ''}`);
    if (r.ticket) {
      card.append(make('span', '', t().number), make('b', 'number', r.ticket.number), make('span', '', say(r.ticket.service_name)));
      if (r.ticket.offline) card.append(make('i', '', t().offline));
    }
    if (r.kind === 'list') card.append(make('span', '', say(view.services.find((s) => s.service === r.service)?.name)), make('b', 'what', t().list));
    const text = r.kind === 'list' && r.paper === 'out' ? t().listOut : r.kind === 'working' ? t().working : r.kind === 'refused' || r.paper === 'missing' ? say(r.text) : t()[r.paper];
    card.append(make('p', '', text));
    card.addEventListener('click', () => act(() => post(`${path}/done`, { no: r.no })));
    return card;
  }

  function drawSlips() {
    const list = printer ? printer.slips : [];
    const old = new Map([...slips.querySelectorAll('[data-seq]')].map((e) => [e.dataset.seq, e]));
    const parts = list.map((s, i) => {
      const e = old.get(String(s.seq)) || slip(s);
      e.className = `slip at${i}` + (s.complete ? '' : ' torn');
      e.dataset.link = s.link || '';
      return e;
    });
    if (!parts.length) parts.push(make('p', 'none', t().noSlip));
    slips.replaceChildren(...parts);
  }

  function slip(s) {
    const b = make('button', 'slip');
    b.type = 'button';
    b.dataset.seq = s.seq;
    b.title = t().scan;
    const img = make('img');
    img.src = `${path}/sim/slip/${s.seq}.png`;
    img.alt = `${t().kiosk(spec.n)} #${s.seq}`;
    b.append(img);
    b.addEventListener('click', () => show.slip(img.src, b.dataset.link));
    return b;
  }

  function draw() {
    name.textContent = t().kiosk(spec.n);
    open.textContent = t().open;
    rest.textContent = resting > 0 ? t().rest(Math.ceil(resting / 1000)) : '';
    green.textContent = t().green;
    green.setAttribute('aria-pressed', String(asGreen));
    const bad = printer && !printer.ok;
    state.textContent = bad ? t()[printer.fault === 'offline' ? 'offline_printer' : printer.fault] || printer.fault : printer ? t().slips(printer.total) : '';
    state.classList.toggle('bad', !!bad);
    paper.textContent = bad ? t().paperIn : t().paperOut;
    paper.classList.toggle('on', !!bad);
    cable.textContent = net?.out ? t().plug : t().cut;
    cable.classList.toggle('on', !!net?.out);
    if (!view) return;
    const tiles = view.services.map(tile);
    const ask = make('p', 'ask' + (view.away ? ' away' : ''), make('span', '', view.away ? t().away : t().choose), green);
    screen.replaceChildren(ask, make('div', 'tiles', ...tiles), ...(view.result ? [result(view.result)] : []));
  }

  return {
    box, draw() { draw(); drawSlips(); },
    rest(ms) { if (Math.ceil(ms / 1000) !== Math.ceil(resting / 1000)) { resting = ms; rest.textContent = ms > 0 ? t().rest(Math.ceil(ms / 1000)) : ''; } },
    view(v) { view = v; draw(); },
    printer(p) { printer = p; draw(); drawSlips(); },
    cable(c) { net = c; draw(); },
  };
}
