// Listens to the board's voice as a television does: node voice.mjs URL UTTERANCES
//
// It opens boards of the whole hall, of the zone east and without a voice, says "ready", and then notes what
// each plays until the hall has spoken so many times. One board more comes late. In a second browser, which
// wants a gesture before any sound, the button is pressed. The last line is a report as JSON: when which utterance
// was played, how loud, and how loud it was in each 1,024 samples at the loudspeaker.
import { launch } from './chromium.mjs';

const base = process.argv[2];
const utterances = Number(process.argv[3]);
const TIMEOUT = 90000;

// Runs in the page before its own scripts: notes what is played, and taps what is heard.
function ears() {
  const heard = { fetched: [], played: [], loud: [], contexts: 0 };
  window.heard = heard;
  const ask = window.fetch;
  window.fetch = (url, ...rest) => { heard.fetched.push(String(url)); return ask(url, ...rest); };
  // The tap runs in the audio thread: its times are true however busy the page is.
  const listener = `registerProcessor('tap', class extends AudioWorkletProcessor {
    sum = 0; n = 0;
    process([input]) {
      for (const v of input[0] ?? new Float32Array(128)) { this.sum += v * v; this.n++; }
      if (this.n >= 1024) { this.port.postMessage([currentTime, Math.sqrt(this.sum / this.n)]); this.sum = this.n = 0; }
      return true;
    }
  })`;
  const play = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function () {
    let peak = 0;
    for (const v of this.buffer.getChannelData(0)) peak = Math.max(peak, Math.abs(v));
    const note = { at: this.context.currentTime, ended: 0, duration: this.buffer.duration, peak };
    heard.played.push(note);
    this.addEventListener('ended', () => { note.ended = this.context.currentTime; });
    if (window.tap) this.connect(window.tap);
    return play.call(this);
  };
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(...a) {
      super(...a);
      heard.contexts++;
      window.audio = this;
      this.audioWorklet.addModule(URL.createObjectURL(new Blob([listener], { type: 'text/javascript' }))).then(() => {
        window.tap = new AudioWorkletNode(this, 'tap');
        window.tap.port.onmessage = (e) => heard.loud.push(e.data);
        window.tap.connect(this.destination);
      });
    }
  };
}

async function board(browser, query, also) {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 }, bypassCSP: true });
  page.on('pageerror', (e) => { console.error(`${query}: ${e}`); process.exitCode = 1; });
  page.on('console', (m) => { if (m.type() === 'error') console.error(`${query}: ${m.text()}`); });
  await page.addInitScript(ears);
  if (also) await page.addInitScript(also);
  await page.goto(`${base}/board?${query}`);
  return page;
}

// The driver's own scripts count as a person's gesture: a page that waits for one is asked nothing, it
// tells by its console.
function tellItself() {
  setInterval(() => {
    const box = document.getElementById('voice');
    console.log(JSON.stringify({ asks: !box.hidden, focus: box.contains(document.activeElement), played: window.heard.played.length }));
  }, 100);
}

const free = await launch(['--autoplay-policy=no-user-gesture-required']);
const strict = await launch();
const whole = await board(free, 'voice=all');
const east = await board(free, 'voice=east&lang=en');
const silent = await board(free, 'lang=zh-CN');
const wrong = await board(free, 'voice=attic');
const asking = await board(strict, 'voice=all&lang=zh-CN', tellItself);
let told = {};
asking.on('console', (m) => { try { told = JSON.parse(m.text()); } catch { /* not ours */ } });
await new Promise((r) => setTimeout(r, 2500)); // longer than a page waits before it asks
const report = {
  asked: { free: await whole.isVisible('#voice'), strict: told.asks && told.focus },
  wrong: await wrong.textContent('.voice.wrong'),
};
if (process.env.VOICE_SHOTS) {
  const shown = await board(strict, 'voice=all&lang=en', tellItself);
  await new Promise((r) => setTimeout(r, 2000));
  await shown.screenshot({ path: `${process.env.VOICE_SHOTS}/voice-button-en.png` });
  await shown.close();
  await asking.screenshot({ path: `${process.env.VOICE_SHOTS}/voice-button.png` });
  await wrong.screenshot({ path: `${process.env.VOICE_SHOTS}/voice-wrong.png` });
}
console.log('ready');
const heard = (page) => page.evaluate(() => window.heard);
const end = Date.now() + TIMEOUT;
let late = null;
let spoken = 0;
while (spoken < utterances && Date.now() < end) {
  await new Promise((r) => setTimeout(r, 100));
  spoken = (await heard(whole)).played.length;
  if (spoken > 0 && !late) {
    late = await board(free, 'voice=all');
    report.before = spoken;
    report.mute = told.played;
    await asking.keyboard.press('Enter'); // the button has the focus: a remote control has nothing else
    await asking.waitForSelector('#voice', { state: 'hidden' });
  }
}
const last = (await heard(whole)).played.at(-1);
if (last) await whole.waitForFunction((t) => window.audio.currentTime > t, last.at + last.duration + 1);
if (last) await whole.waitForFunction(() => window.heard.played.at(-1).ended > 0);
for (const [name, page] of Object.entries({ whole, east, silent, late, asking })) if (page) report[name] = await heard(page);
await free.close();
await strict.close();
console.log(JSON.stringify(report));
