// Speaks the calls of a zone. The hub decides what is said and when; this page
// plays it, one after the other. Where the browser wants a person's gesture before any
// sound, a button asks for it; what is said before that is not made up for.
const box = document.getElementById('voice');
const LATE_S = 8;    // what would begin later than that is left out: it has long been on the board
const SETTLE_MS = 800; // a browser that allows sound has started it by then

const audio = new AudioContext();
let free = 0;        // when the sound that was put on last ends, by audio's clock
let turn = Promise.resolve();
let last = '';       // id of the utterance heard of last

function show() {
  const silent = audio.state !== 'running';
  if (box.hidden === !silent) return;
  box.hidden = !silent;
  if (silent) box.querySelector('button').focus();
}

function allow() {
  if (audio.state !== 'running') audio.resume().catch(() => {}); // the button stays
}

async function say(url, told) {
  if (audio.state !== 'running') return;
  const answer = await fetch(url);
  if (!answer.ok) return;
  const sound = await audio.decodeAudioData(await answer.arrayBuffer());
  const at = Math.max(audio.currentTime + 0.03, free);
  if ((performance.now() - told) / 1000 + at - audio.currentTime > LATE_S) return;
  const source = audio.createBufferSource();
  source.buffer = sound;
  source.connect(audio.destination);
  source.start(at);
  free = at + sound.duration;
}

function connect() {
  const stream = new EventSource(box.dataset.voice + (last && `?after=${encodeURIComponent(last)}`));
  stream.addEventListener('say', (e) => {
    if (e.lastEventId === last) return;
    last = e.lastEventId;
    const told = performance.now();
    const { url } = JSON.parse(e.data);
    turn = turn.then(() => say(url, told)).catch((err) => console.warn('voice', url, err));
  });
  // A browser gives up on an answer that is no stream, such as 503: begin anew.
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 2000 + 4000 * Math.random());
  });
}

for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, allow);
setTimeout(() => {
  show();
  audio.addEventListener('statechange', show);
}, SETTLE_MS);
connect();
