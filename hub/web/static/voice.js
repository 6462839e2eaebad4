// Speaks the calls of a zone. The hub decides what is said and when; this page
// plays it, one after the other. Where the browser wants a person's gesture before any
// sound, a button asks for it; what is said before that is not made up for.
const box = document.getElementById('voice');
const LATE_S = 8;    // what would begin later than that is left out: it has long been on the board
const SETTLE_MS = 800; // a browser that allows sound has started it by then

const audio = new AudioContext();
let turn = Promise.resolve(); // kept when what was put on last has ended
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

async function load(url) {
  const answer = await fetch(url);
  return answer.ok ? audio.decodeAudioData(await answer.arrayBuffer()) : null;
}

// say puts a sound on, unless it is told too late, and returns when it has ended. The end is the one that the
// loudspeaker reports: a slow browser begins later than it was told to, and the next must wait for that.
async function say(loading, told) {
  const sound = await loading;
  if (!sound || (performance.now() - told) / 1000 > LATE_S) return;
  const source = audio.createBufferSource();
  source.buffer = sound;
  source.connect(audio.destination);
  const ended = new Promise((done) => source.addEventListener('ended', done));
  source.start();
  await ended;
}

function connect() {
  const stream = new EventSource(box.dataset.voice + (last && `?after=${encodeURIComponent(last)}`));
  stream.addEventListener('say', (e) => {
    if (e.lastEventId === last) return;
    last = e.lastEventId;
    const told = performance.now();
    const { url } = JSON.parse(e.data);
    if (audio.state !== 'running') return;
    const loading = load(url);
    loading.catch(() => {}); // told of in its turn
    turn = turn.then(() => say(loading, told)).catch((err) => console.warn('voice', url, err));
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
