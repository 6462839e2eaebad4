// Keeps the live part of a page as the hub last rendered it. The hub sends the
// whole part each time; only what differs is exchanged, so that focus, open
// details and running animations stay. When the hub is silent, the page keeps its
// last good picture and says from when it is.
import { morph } from './morph.js';
import { turnPages } from './turn.js';
import { notify } from './notify.js';

const SILENT_MS = 12000; // two heartbeats and a bit
const live = document.getElementById('live');
const stale = document.getElementById('stale');
const zone = stale.dataset.zone;

let ahead = null;       // hub's clock minus this machine's running time, ms
let heard = performance.now();
let lastAt = null;      // hub's time of the last message

const clock = (ms, seconds) => {
  const form = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  if (seconds) form.second = '2-digit';
  try {
    return new Intl.DateTimeFormat('en-GB', { ...form, timeZone: zone === 'Local' ? undefined : zone }).format(ms);
  } catch {
    return new Intl.DateTimeFormat('en-GB', form).format(ms);
  }
};

const duration = (ms) => {
  const s = Math.max(0, Math.round(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const head = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}` : `${Math.floor(s / 60)}`;
  return `${head}:${two(s % 60)}`;
};

function tick() {
  const silent = performance.now() - heard > SILENT_MS;
  const text = lastAt === null ? stale.dataset.never : stale.dataset.text.replace('{time}', clock(lastAt, true));
  if (silent && stale.textContent !== text) stale.textContent = text;
  if (!silent && stale.textContent) stale.textContent = '';
  stale.classList.toggle('on', silent);
  if (silent || ahead === null) return; // nothing moves on a picture that may be old
  const now = performance.now() + ahead;
  for (const e of document.querySelectorAll('[data-clock]')) e.textContent = clock(now, false);
  for (const e of document.querySelectorAll('[data-since]')) e.textContent = duration(now - Date.parse(e.dataset.since));
}

function show(html) {
  const next = document.createElement('template');
  next.innerHTML = html;
  morph(live, next.content);
  turnPages(live, false);
  notify(live);
}

// A browser keeps six connections to one address: a desk page that nobody sees gives its own back.
const desk = document.body.classList.contains('wide');
let stream = null;

function connect() {
  if (desk && document.hidden || stream && stream.readyState !== EventSource.CLOSED) return;
  stream = new EventSource(live.dataset.live);
  const hear = () => { heard = performance.now(); };
  stream.addEventListener('page', (e) => { hear(); show(e.data); tick(); });
  stream.addEventListener('beat', (e) => {
    hear();
    lastAt = Date.parse(JSON.parse(e.data).at);
    ahead = lastAt - performance.now();
    tick();
  });
  stream.addEventListener('gone', () => { stream.close(); location.reload(); });
  // A browser gives up on an answer that is no stream, such as 503: begin anew, and
  // not all at the same moment.
  stream.addEventListener('error', () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, 2000 + 4000 * Math.random());
  });
}

connect();
if (desk) {
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && stream) stream.close();
    else connect();
  });
}
turnPages(live, false);
notify(live);
setInterval(tick, 1000);
setInterval(() => turnPages(live, true), 8000);

// A person at a page with a login keeps it alive; a screen left alone does not.
if (desk) {
  let told = 0;
  const here = () => {
    if (performance.now() - told < 60000) return;
    told = performance.now();
    fetch('/session', { method: 'POST' }).catch(() => {});
  };
  for (const kind of ['keydown', 'pointerdown']) addEventListener(kind, here, { passive: true });
}
