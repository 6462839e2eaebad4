// The walk through the hall, as people see it: node walk.mjs URL-OF-THE-DEMO
//
// In Chinese and in English a ticket is taken, called, served, rated and found in
// the manager's figures, on the pages alone; then a list and a notice are printed, and
// a citizen rates at the window. The autopilot must be off. With WALK_SHOTS=FOLDER a
// picture of every page is kept when a step fails.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';

const base = new URL(process.argv[2] ?? 'http://127.0.0.1:8080/').origin;
const TIMEOUT = 15000; // a press is answered in some tens of milliseconds, unless the machine is busy

const walks = [
  { lang: 'zh-CN', kiosk: 1, service: 'social', name: '社会保险', prefix: 'A', window: '1', clerk: 0, label: '1号窗口', why: '等候最久', rated: '谢谢', list: '办事材料清单', grade: '评价：满意' },
  { lang: 'en', kiosk: 2, service: 'tax', name: 'Tax', prefix: 'C', window: '3', clerk: 2, label: 'Window 3', why: 'longest wait', rated: 'Thank', list: 'What to bring', grade: 'rated: Good' },
];

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
context.setDefaultTimeout(TIMEOUT);
const faults = [];
context.on('weberror', (e) => faults.push(String(e.error())));
context.on('console', (m) => { if (/Content Security Policy|Refused to/.test(m.text())) faults.push(m.text()); });

async function step(name, fn) {
  const began = Date.now();
  try {
    const value = await fn();
    console.log(`ok   ${name} (${Date.now() - began} ms)`);
    return value;
  } catch (e) {
    console.log(`FAIL ${name} (${Date.now() - began} ms): ${e.message}`);
    if (process.env.WALK_SHOTS) {
      for (const [i, p] of context.pages().entries()) await p.screenshot({ path: `${process.env.WALK_SHOTS}/fail-${i}.png` });
    }
    await browser.close();
    process.exit(1);
  }
}

// until waits for what is told from elsewhere.
async function until(what, get, want) {
  const end = Date.now() + TIMEOUT;
  let got;
  do {
    got = await get();
    if (want(got)) return got;
    await new Promise((r) => setTimeout(r, 50));
  } while (Date.now() < end);
  throw new Error(`${what}: still ${JSON.stringify(got)?.slice(0, 200)}`);
}

async function open(path, size) {
  const page = await context.newPage();
  if (size) await page.setViewportSize(size);
  await page.goto(new URL(path, base).href);
  return page;
}

// site is the address of a device's own page, as the hall's page links it.
const site = (hall, part) => hall.getAttribute(`${part} a`, 'href');

const stage = (page, s) => page.waitForSelector(`body[data-stage="${s}"]`);

// signOn uses the keyboard only: who, then the PIN.
async function signOn(page, clerk) {
  await stage(page, 'signed_off');
  await page.waitForFunction(() => document.activeElement?.name === 'clerk');
  await page.keyboard.press('Space');
  for (let i = 0; i < clerk; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type('0000');
  await page.keyboard.press('Enter');
  const note = await page.locator('#note:visible').textContent();
  assert.ok(note.length > 4, 'a wrong PIN is told');
  assert.equal(await page.getAttribute('body', 'data-stage'), 'signed_off');
  await page.waitForFunction(() => document.activeElement?.id === 'pin' && !document.activeElement.value);
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await stage(page, 'idle');
}

async function walk(w, hall) {
  const say = (text) => `${w.lang}: ${text}`;
  const q = `?lang=${w.lang}`;
  const kiosk = await open(await site(hall, `.kiosk[data-kiosk="${w.kiosk}"]`) + q, { width: 800, height: 480 });
  const number = await step(say('a tap at the kiosk gives a number'), async () => {
    await kiosk.click(`.take[data-service="${w.service}"]`);
    const text = await until('number', () => kiosk.textContent('#result-number'), (n) => /^[A-Z]\d{3}$/.test(n));
    assert.equal(text[0], w.prefix);
    await kiosk.waitForSelector('.card.out');
    return text;
  });
  const link = await step(say(`the slip of ${number} comes out of the printer`), async () => {
    const slip = hall.locator(`.kiosk[data-kiosk="${w.kiosk}"] .slip.at0`);
    await slip.waitFor();
    const dots = await until('slip', () => slip.locator('img').evaluate((i) => [i.naturalWidth, i.naturalHeight]), ([x]) => x > 0);
    assert.ok(dots[0] > 500 && dots[1] > 500, `slip of ${dots} dots`);
    return until('code on the slip', () => slip.getAttribute('data-link'), (l) => l?.includes('/t/'));
  });
  const phone = await open(link + q, { width: 390, height: 844 });
  await step(say('the phone shows the place in line'), async () => {
    await phone.waitForSelector('[data-stage="waiting"]');
    assert.ok((await phone.textContent('.number')).includes(number));
    assert.ok((await phone.textContent('.service')).includes(w.name));
  });
  const board = await open(`/board${q}`, { width: 1920, height: 1080 });
  const terminal = await open(await site(hall, `.window[data-window="${w.window}"]`) + q);
  await step(say('a clerk signs on by keyboard, not with a wrong PIN'), () => signOn(terminal, w.clerk));
  const rows = () => hall.getAttribute(`.window[data-window="${w.window}"] canvas.panel`, 'data-rows');
  const dark = await until('panel of the open window', rows, (r) => !!r);
  await step(say('one key calls the number'), async () => {
    await terminal.keyboard.press('Space');
    await stage(terminal, 'called');
    assert.equal(await terminal.textContent('#card .number'), number);
    assert.ok((await terminal.textContent('#card .why')).includes(w.why), 'why this number');
  });
  await step(say('the panel changes'), () => until('panel', rows, (r) => r !== dark));
  await step(say('the board shows the number and the window'), async () => {
    await until('board', () => board.locator('.hero .number').textContent({ timeout: 500 }).catch(() => ''), (n) => n === number);
    assert.ok((await board.textContent('.hero .go')).includes(w.label));
  });
  await step(say('the phone says where to go'), async () => {
    await phone.waitForSelector('[data-stage="called"]');
    assert.ok((await phone.textContent('.come')).includes(w.label));
  });
  await step(say('the citizen arrives and is served with a finish code'), async () => {
    await terminal.waitForTimeout(800); // the big key is deaf while its meaning settles
    await terminal.keyboard.press('Space');
    await stage(terminal, 'serving');
    await terminal.keyboard.press('f');
    await terminal.waitForSelector('#menu[open] .option');
    await terminal.keyboard.press('1');
    await stage(terminal, 'idle');
  });
  await step(say('the phone asks for a rating and takes it'), async () => {
    await phone.waitForSelector('[data-stage="finished"] .rate');
    await phone.click('.rate button[value="5"]');
    assert.ok((await phone.textContent('.thanks')).includes(w.rated));
  });
  await step(say('the manager finds it in the figures and in the history, with the why'), () => manage(w, number));
  for (const page of [kiosk, phone, board, terminal]) await page.close();
}

// desk is the window that has evaluator and printer: what goes out besides numbers, and what comes back.
async function desk(w, hall) {
  const say = (text) => `${w.lang}: ${text}`;
  const q = `?lang=${w.lang}`;
  const kiosk = await open(await site(hall, '.kiosk[data-kiosk="1"]') + q, { width: 800, height: 480 });
  const slip = hall.locator('.kiosk[data-kiosk="1"] .slip.at0');
  const seq = () => slip.getAttribute('data-seq', { timeout: 500 }).catch(() => '');
  await kiosk.waitForSelector('#result[hidden]', { state: 'attached' });
  await step(say('the kiosk prints what to bring, without a number'), async () => {
    const before = await seq();
    await kiosk.click('.tile:has(.take[data-service="social"]) .bring');
    await kiosk.click('#sheet-choices button >> nth=1');
    await kiosk.waitForSelector('.card.out');
    assert.ok((await kiosk.textContent('#result-title')).includes(w.list));
    assert.ok(await kiosk.locator('#result-number').isHidden(), 'no number');
    await until('list out of the printer', seq, (n) => n && n !== before);
    const dots = await until('picture of the list', () => slip.locator('img').evaluate((i) => i.complete && i.naturalWidth), (x) => x > 0);
    assert.ok(dots > 500 && !await slip.getAttribute('data-link'), 'a list has no code');
    await kiosk.click('#result-done');
  });
  const number = await step(say('the next citizen takes a number'), async () => {
    await kiosk.waitForTimeout(1600); // a second tap within 1.5 s is the same finger
    await kiosk.click('.take[data-service="social"]');
    return until('number', () => kiosk.textContent('#result-number'), (n) => /^[A-Z]\d{3}$/.test(n));
  });
  const terminal = await open(await site(hall, '.window[data-window="1"]') + q);
  await terminal.waitForSelector('body[data-stage="signed_off"], body[data-stage="idle"]');
  if (await terminal.getAttribute('body', 'data-stage') === 'signed_off') await signOn(terminal, 0);
  await step(say('a clerk calls and the citizen comes'), async () => {
    await terminal.waitForSelector('#big[aria-disabled="false"]');
    await terminal.keyboard.press('Space');
    await stage(terminal, 'called');
    assert.equal(await terminal.textContent('#card .number'), number);
    await terminal.keyboard.press('a');
    await stage(terminal, 'serving');
  });
  await step(say('the clerk prints a notice of what is missing'), async () => {
    const paper = () => hall.locator('.window[data-window="1"] .paper').getAttribute('data-seq');
    const before = await paper();
    await terminal.keyboard.press('d');
    for (const key of ['1', '2', 'Enter']) { // the notice, its second paper, print
      await terminal.waitForSelector({ 1: '#menu[open] .option', 2: '#menu[open] .option >> nth=1', Enter: '#menu[open] .option[aria-pressed="true"]' }[key]);
      await terminal.keyboard.press(key);
      if (key === '1') await terminal.waitForFunction((n) => document.querySelector('#menu-title')?.textContent.includes(n), number);
    }
    await terminal.waitForSelector('.told.paper.printed');
    await until('notice out of the printer', paper, (n) => n && n !== before);
    const dots = await until('picture of the notice', () => hall.locator('.window[data-window="1"] .paper img').evaluate((i) => i.complete && i.naturalHeight), (y) => y > 0);
    assert.ok(dots > 400, `notice of ${dots} dots`);
  });
  await step(say('the clerk asks, the citizen presses a key of the evaluator'), async () => {
    const evaluator = await open('/demo/terminal/1/sim/evaluator');
    await terminal.keyboard.press('e');
    await terminal.waitForSelector('.told.rate.asking');
    await evaluator.waitForSelector('body.lit');
    await hall.waitForSelector('.evaluator.lit');
    await evaluator.click('button >> nth=1');
    await terminal.waitForSelector('.told.rate.thanks');
    await evaluator.waitForSelector('body:not(.lit)');
    await evaluator.close();
    await terminal.route('**/press', async (route) => { // the menu is there before the answer to its key, as on a slow machine
      const response = await route.fetch();
      await terminal.waitForTimeout(500);
      await route.fulfill({ response });
    }, { times: 1 });
    await terminal.keyboard.press('f');
    await terminal.waitForSelector('#menu[open] .option');
    await terminal.keyboard.press('1');
    await stage(terminal, 'idle');
  });
  await step(say('the manager sees the rating in the history'), async () => {
    const page = await open(`/manager?lang=${w.lang}&ticket=${number}`);
    const history = await until('history', () => page.textContent('.history'), (h) => h.includes(w.grade));
    assert.ok(history.includes(w.grade));
    await page.close();
  });
  for (const page of [kiosk, terminal]) await page.close();
}

async function manage(w, number) {
  const page = await open(`/manager?lang=${w.lang}`);
  if (page.url().includes('/login')) {
    await page.fill('[name="clerk"]', 'm01');
    await page.fill('[name="pin"]', '0000');
    await page.click('main form button');
    await page.waitForSelector('.flash');
    await page.fill('[name="clerk"]', 'm01');
    await page.fill('[name="pin"]', '8888');
    await page.click('main form button');
    await page.waitForURL('**/manager**');
    await page.goto(`${base}/manager?lang=${w.lang}`);
  }
  const row = page.locator('.figures tbody tr', { hasText: w.name });
  await until('figures', () => row.locator('td').first().textContent({ timeout: 500 }).catch(() => ''), (n) => Number(n) >= 1);
  await page.goto(`${base}/manager?lang=${w.lang}&ticket=${number}`);
  const history = await page.textContent('.history');
  assert.ok(history.includes(w.why), `history: ${history}`);
  await page.close();
}

async function troubles(hall) {
  const kiosk = await open('/demo/kiosk/1/?lang=en');
  await step('without paper the number is shown large, and printed after a refill', async () => {
    await hall.click('.kiosk[data-kiosk="1"] .break >> nth=0');
    await hall.waitForSelector('.kiosk[data-kiosk="1"] .state.bad');
    await kiosk.click('.take[data-service="medical"]');
    await kiosk.waitForSelector('.card.missing .number');
    await kiosk.click('#result-done');
    await hall.click('.kiosk[data-kiosk="1"] .break >> nth=0');
    await kiosk.click('#unprinted:visible');
    await kiosk.click('#sheet-choices button');
    await kiosk.waitForSelector('.card.out');
  });
  await step('a terminal without its cable says so, and comes back', async () => {
    const terminal = await open('/demo/terminal/6/?lang=en');
    await hall.click('.window[data-window="6"] .plug >> nth=1');
    await terminal.waitForSelector('.banner.away');
    await hall.click('.window[data-window="6"] .plug >> nth=1');
    await terminal.waitForSelector('.banner.away', { state: 'detached' });
    await terminal.close();
  });
  await step('a ticket link that nobody has opens nothing', async () => {
    const page = await context.newPage();
    const answer = await page.goto(`${base}/t/AAAAAAAAAAAAAAAAAAAAAAAA`);
    assert.equal(answer.status(), 404);
    await page.close();
  });
  await kiosk.close();
}

const began = Date.now();
const hall = await step('the whole hall opens', async () => {
  const page = await open('/', { width: 1920, height: 1080 });
  await page.waitForSelector('.kiosk .tile');
  await page.waitForSelector('.window[data-stage="signed_off"]');
  return page;
});
for (const w of walks) {
  await walk(w, hall);
  await desk(w, hall);
}
await troubles(hall);
await step('no page had an error', () => assert.deepEqual(faults, []));
await browser.close();
console.log(`walked in ${((Date.now() - began) / 1000).toFixed(1)} s`);
