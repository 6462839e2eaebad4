// What all parts of the page share: words, elements, and sending.
import { words } from './words.js';

const params = new URLSearchParams(location.search);
let lang = params.get('lang') === 'en' ? 'en' : 'zh-CN';

export const show = {}; // dialogs, set by demo.js
export const t = () => words[lang];
export const language = () => lang;
export const say = (text) => !text ? '' : text[lang] || text['zh-CN'] || text.en || '';

export function turn() {
  lang = lang === 'en' ? 'zh-CN' : 'en';
  const url = new URL(location.href);
  url.searchParams.set('lang', lang);
  history.replaceState(null, '', url);
}

// site is where a device's own page is: at its own address, so that it does not
// share this page's connections, or through this one where only this one is reached.
export const site = (facts, path) => location.port === facts.port ? `http://${location.hostname}:${facts.sites[path]}/` : `${path}/`;

export function make(tag, cls, ...parts) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...parts);
  return e;
}

export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

// newID names a press, so that it can be repeated and still counts once.
export const newID = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

// post sends a press. A refusal that the device shows itself is no error here.
export async function post(path, body) {
  const r = await fetch(path, {
    method: 'POST', body: body ? JSON.stringify(body) : undefined,
    headers: body ? { 'Content-Type': 'application/json' } : undefined,
  });
  if (r.ok || r.status === 409) return;
  throw new Error(`${r.status} ${(await r.text()).slice(0, 120)}`);
}
