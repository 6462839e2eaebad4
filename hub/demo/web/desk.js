// What stands at the window that has everything: the citizen's evaluator, the paper
// that the terminal's printer gave out last, and the small display at the clerk's hand.
import { make, post, t, show } from './page.js';
import { paint } from './panel.js';

const GRADES = ['5', '4', '3', '2', '1'];

export function makeDesk(path, act) {
  const hand = make('canvas', 'hand');
  hand.setAttribute('role', 'img');
  const word = make('span', 'word');
  const keys = GRADES.map((grade) => {
    const b = make('button', `grade g${grade}`);
    b.type = 'button';
    b.addEventListener('click', () => act(() => post(`${path}/sim/keys/evaluator?key=${grade}`)));
    return b;
  });
  const evaluator = make('div', 'evaluator', word, ...keys);
  evaluator.setAttribute('role', 'group');
  const image = make('img');
  const paper = make('button', 'paper', image);
  paper.type = 'button';
  paper.hidden = true;
  paper.addEventListener('click', () => show.slip(image.src, ''));

  let asking = false;
  return {
    hand, evaluator, paper,
    draw() {
      word.textContent = asking ? t().askRate : '';
      evaluator.classList.toggle('lit', asking);
      evaluator.setAttribute('aria-label', t().evaluator);
      evaluator.title = t().evaluator;
      keys.forEach((b, i) => { b.title = t().grades[i]; b.setAttribute('aria-label', t().grades[i]); });
      hand.setAttribute('aria-label', t().hand);
      hand.title = t().hand;
      paper.title = t().paper;
      image.alt = t().paper;
    },
    screen(s) { asking = s.rate?.state === 'asking'; this.draw(); },
    pad(p) { paint(hand, p, false); },
    printer(p) {
      const newest = p.slips[0];
      paper.hidden = !newest;
      if (newest && paper.dataset.seq !== String(newest.seq)) {
        paper.dataset.seq = newest.seq;
        image.src = `${path}/sim/slip/${newest.seq}.png`;
        paper.classList.remove('new');
        void paper.offsetWidth; // lets the paper come out anew
        paper.classList.add('new');
      }
    },
  };
}
