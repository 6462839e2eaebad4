// The whole hall on one page. One stream tells all parts; a hidden page takes none,
// because browsers allow six connections to one address in all tabs together.
import { make, post, say, t, turn, language, show, site } from './page.js';
import { makeKiosk } from './kiosk.js';
import { makeWindow } from './window.js';

const SILENT_MS = 12000; // two signs of life and a bit
const PACES = [0.5, 1, 2, 4];
const $ = (id) => document.getElementById(id);

const facts = await (await fetch('plan')).json();
const kiosks = new Map(facts.kiosks.map((k) => [String(k.n), makeKiosk(k, facts)]));
const windows = new Map(facts.windows.map((w) => [w.id, makeWindow(w, facts)]));
const cables = new Map();
let pilot = null, pilotAt = 0, heard = performance.now(), stream = null;

for (const k of facts.kiosks) cables.set(k.device, (c) => kiosks.get(String(k.n)).cable(c));
for (const w of facts.windows) {
  cables.set(w.display, (c) => windows.get(w.id).cable('display', c));
  cables.set(w.terminal, (c) => windows.get(w.id).cable('terminal', c));
}
const out = new Map();

function place() {
  const placed = new Set();
  for (const [a, b] of facts.pairs) {
    const tag = make('span', 'pair-tag');
    tag.dataset.window = a;
    $('windows').append(make('div', 'pair', windows.get(a).box, windows.get(b).box, tag));
    placed.add(a).add(b);
  }
  for (const [id, w] of windows) if (!placed.has(id)) $('windows').append(w.box);
  $('kiosks').append(...[...kiosks.values()].map((k) => k.box));
  for (const pace of PACES) {
    const b = make('button', '', pace === 0.5 ? '½×' : `${pace}×`);
    b.type = 'button';
    b.dataset.pace = pace;
    b.addEventListener('click', () => act(() => post(`pilot?pace=${pace}`)));
    $('paces').append(b);
  }
}

const act = (f) => f().catch((e) => show.toast(t().failed + e.message));

function take(part) {
  const [kind, id, n] = part.id.split('/');
  const body = part.body;
  if (kind === 'kiosk') kiosks.get(id)?.view(body);
  else if (kind === 'printer') (id === 'kiosk' ? kiosks : windows).get(n)?.printer(body);
  else if (kind === 'pad') windows.get(id)?.pad(body);
  else if (kind === 'terminal') windows.get(id)?.screen(body, part.age_ms);
  else if (kind === 'panel') windows.get(id)?.panel(body);
  else if (kind === 'cable') {
    out.set(id, body.out);
    cables.get(id)?.(body);
    drawHead();
  } else if (kind === 'pilot') {
    pilot = body;
    pilotAt = performance.now() - part.age_ms;
    drawHead();
    tick();
  }
}

function listen() {
  stream?.close();
  stream = new EventSource('stage');
  stream.onmessage = (e) => {
    heard = performance.now();
    for (const part of JSON.parse(e.data)) take(part);
  };
  stream.onerror = () => { if (stream?.readyState === EventSource.CLOSED) setTimeout(() => document.hidden || listen(), 2000); };
}

function watch() {
  if (document.hidden) {
    stream?.close();
    stream = null;
    $('board').src = 'about:blank';
    return;
  }
  heard = performance.now();
  listen();
  $('board').src = `/board?lang=${language()}`;
}

function tick() {
  for (const w of windows.values()) w.times();
  $('lost').hidden = document.hidden || performance.now() - heard < SILENT_MS;
  if (!pilot) return;
  const passed = performance.now() - pilotAt;
  const left = (part) => pilot.on ? Math.max(0, (pilot.rests[part] || 0) - passed) : 0;
  for (const [id, w] of windows) w.rest(left(`terminal/${id}`));
  for (const [id, k] of kiosks) k.rest(left(`kiosk/${id}`));
}

const dark = () => out.size > 0 && [...out.values()].every((o) => o);

function drawHead() {
  $('switch').textContent = dark() ? t().switchBack : t().switchCut;
  $('switch').setAttribute('aria-pressed', String(dark()));
  if (!pilot) return;
  $('pilot').setAttribute('aria-checked', String(pilot.on));
  $('pilot').textContent = pilot.on ? t().on : t().off;
  for (const b of $('paces').children) b.setAttribute('aria-pressed', String(Number(b.dataset.pace) === pilot.pace));
}

function drawLinks() {
  const link = (path, word) => {
    const a = make('a', '', word);
    a.href = path;
    a.target = '_blank';
    a.rel = 'noopener';
    return a;
  };
  const row = (name, path, ...sims) => {
    const plain = path.startsWith('/metrics') || path.startsWith('/api');
    const cell = (lang, word) => make('td', '', plain && lang === 'en' ? '' : link(plain ? path : `${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, plain ? t().open : word));
    return make('tr', '', make('th', '', name), cell('zh-CN', '中文'), cell('en', 'English'), make('td', '', ...sims.map(([word, sim]) => link(sim, word))));
  };
  const group = (name, ...rows) => make('section', '', make('h3', '', name), make('table', '', make('tbody', '', ...rows)));
  const p = t().page;
  $('links-body').replaceChildren(
    make('div', '',
      group(p.hall, row(p.board, '/board'), row(p.hear, '/board?voice=all'), ...facts.zones.map((z) => row(`${p.hear} · ${say(z.name)}`, `/board?voice=${z.id}`)),
        row(p.window, `/window/${facts.windows[0].id}`), row(p.front, '/')),
      group(p.machine, row(p.api, '/api/v1/openapi.json'), row(p.metrics, '/metrics'))),
    group(p.desk, row(p.manager, '/manager'), row(p.promises, '/promises'), row(p.heat, '/heat'), row(p.whatif, '/whatif'), row(p.staff, '/staff'),
      row(p.learned, '/learned'), row(p.devices, '/devices')),
    group(p.stations, ...facts.kiosks.map((k) => row(`${p.kiosk} ${k.n}`, site(facts, `kiosk/${k.n}`), [t().parts, `kiosk/${k.n}/sim/`])),
      ...facts.windows.map((w) => row(`${p.terminal} ${w.label}`, site(facts, `terminal/${w.id}`), [t().parts, `terminal/${w.id}/sim/`], [`${t().panel} ↗`, `panel/${w.id}/sim/`])),
      ...facts.windows.filter((w) => w.equipped).map((w) => row(`${p.evaluator} ${w.label}`, `terminal/${w.id}/sim/evaluator`))));
  $('login').textContent = t().login(facts);
}

function draw() {
  document.documentElement.lang = language();
  document.title = `叫号 · ${say(facts.hall)}`;
  for (const e of document.querySelectorAll('[data-say]')) e.textContent = t()[e.dataset.say];
  for (const e of document.querySelectorAll('[data-name]')) e.setAttribute('aria-label', t()[e.dataset.name]);
  $('hall').textContent = say(facts.hall);
  $('lang').textContent = t().other;
  $('board-open').href = `/board?lang=${language()}`;
  $('hear').href = `/board?voice=all&lang=${language()}`;
  $('window-page').href = `/window/${facts.windows[0].id}?lang=${language()}`;
  for (const tag of document.querySelectorAll('.pair-tag')) {
    const zone = facts.windows.find((w) => w.id === tag.dataset.window).zone;
    tag.textContent = [t().pair, say(zone)].filter(Boolean).join(' · ');
  }
  for (const k of kiosks.values()) k.draw();
  for (const w of windows.values()) w.draw();
  drawHead();
  drawLinks();
}

show.slip = (image, link) => {
  $('slip-image').src = image;
  const page = link ? new URL(link).pathname : '';
  $('phone').src = page ? `${page}?lang=${language()}` : 'about:blank';
  $('phone-open').href = page;
  $('slip').classList.toggle('blank', !page);
  $('slip').showModal();
  $('slip').querySelector('.close').focus(); // Escape must not go to the phone's page
};
let toasting = 0;
show.toast = (text) => {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { $('toast').hidden = true; }, 6000);
};

$('lang').addEventListener('click', () => { turn(); draw(); watch(); });
$('pilot').addEventListener('click', () => act(() => post(`pilot?on=${!pilot?.on}`)));
$('switch').addEventListener('click', () => act(() => post(`cable/all?out=${!dark()}`)));
$('faces').addEventListener('click', () => $('links').showModal());
$('slip').addEventListener('close', () => { $('phone').src = 'about:blank'; });
$('phone').addEventListener('load', () => { // once tapped it has the keyboard; the other page's address is the same
  $('phone').contentWindow.addEventListener('keydown', (e) => { if (e.key === 'Escape') $('slip').close(); });
});
for (const b of document.querySelectorAll('[data-close]')) b.addEventListener('click', () => b.closest('dialog').close());
for (const d of document.querySelectorAll('dialog')) d.addEventListener('click', (e) => { if (e.target === d) d.close(); });
document.addEventListener('visibilitychange', watch);
setInterval(tick, 500);
place();
draw();
watch();
