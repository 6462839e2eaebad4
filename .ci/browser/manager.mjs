// The manager's walk: node manager.mjs URL-OF-THE-HUB LANG
//
// An alarm is raised, its advice is tried on a recorded day and put in force, the board
// shows the effect, the alarm clears, and the change is taken back. The hub is that of
// TestManagerFollowsAnAdviceAndTakesItBackInABrowser. With WALK_SHOTS=FOLDER every page is
// kept as a picture, wide and narrow.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';

const [base, lang] = process.argv.slice(2);
const TIMEOUT = 15000; // a forecast is made every few seconds, a day is played in one or two
const words = {
  'zh-CN': {
    alarm: /即将超时.*社会保险约 \d+ 人.*30 分钟/, advice: /建议：让2号窗口现在兼办社会保险/, change: '2号窗口兼办“社会保险”', partial: '还没有结束',
    stopped: '已停止', done: '已记录', nothing: '现在已经是这样', why: '社保排队太长', back: '高峰已过', restored: '恢复2号窗口停办“社会保险”', window: '2号窗口', wrong: /填的是“0”，应为 1 至 10/,
  },
  en: {
    alarm: /Promise at risk.*Social insurance: about \d+ people.*30 min/, advice: /Advice: have Window 2 take Social insurance too/, change: 'Window 2 also serves Social insurance', partial: 'not over',
    stopped: 'was stopped', done: 'recorded', nothing: 'it is so already', why: 'long line', back: 'rush is over', restored: 'RestoredWindow 2 no longer serves Social insurance', window: '2', wrong: /"0".*from 1 to 10/,
  },
}[lang];

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, reducedMotion: 'reduce' });
context.setDefaultTimeout(TIMEOUT);
const faults = [];
context.on('weberror', (e) => faults.push(String(e.error())));
context.on('console', (m) => { if (/Content Security Policy|Refused to/.test(m.text())) faults.push(m.text()); });
const page = await context.newPage();

async function step(name, fn) {
  const began = Date.now();
  try {
    const value = await fn();
    console.log(`ok   ${lang}: ${name} (${Date.now() - began} ms)`);
    return value;
  } catch (e) {
    console.log(`FAIL ${lang}: ${name} (${Date.now() - began} ms): ${e.message}`);
    if (process.env.WALK_SHOTS) await page.screenshot({ path: `${process.env.WALK_SHOTS}/fail-${lang}.png`, fullPage: true });
    console.log((await page.locator('main').innerText()).slice(0, 2000));
    await browser.close();
    process.exit(1);
  }
}

async function picture(name) {
  if (!process.env.WALK_SHOTS) return;
  for (const [size, width, height] of [['', 1600, 1000], ['-narrow', 390, 844]]) {
    await page.setViewportSize({ width, height });
    const path = `${process.env.WALK_SHOTS}/${name}${size}-${lang === 'en' ? 'en' : 'zh'}.png`;
    await page.screenshot({ path, fullPage: size !== '' });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) console.log(`     ${name}${size} is ${over} px too wide`);
  }
  await page.setViewportSize({ width: 1600, height: 1000 });
}

async function until(what, get, want, patience = TIMEOUT) {
  const end = Date.now() + patience;
  let got;
  do {
    got = await get();
    if (want(got)) return got;
    await new Promise((r) => setTimeout(r, 100));
  } while (Date.now() < end);
  throw new Error(`${what}: still ${JSON.stringify(got)?.slice(0, 300)}`);
}

const go = (path) => page.goto(new URL(path, base).href);
const plan = async () => (await fetch(`${base}/walk/plan`)).json();
const next = async (window) => (await fetch(`${base}/walk/next/${window}`, { method: 'POST' })).json();
// A page that loads itself again may go away under the question: then it is asked again.
const text = async (selector) => (await page.locator(selector).allInnerTexts().catch(() => [])).join('\n').replace(/\s*\n\s*/g, ' ');

await go(`/login?next=/manager&lang=${lang}`);
await page.fill('[name="clerk"]', 'chen');
await page.fill('[name="pin"]', '2468');
await page.click('main form button');
await page.waitForURL(/\/manager/);
const before = await plan();

await step('the alarm stands on the desk with its sentence and an advice', async () => {
  await until('alarm', () => text('.alarms li.advised'), (s) => words.alarm.test(s) && words.advice.test(s), 3 * TIMEOUT);
  await picture('manager-alarm');
});
const day = await step('the advice opens the question with change and day filled in', async () => {
  await page.click('.alarms li.advised a');
  await page.waitForURL(/\/whatif\?/);
  assert.match(await text('.changes li'), new RegExp(words.change));
  const open = await page.inputValue('select[name="day"] >> nth=-1');
  assert.equal(open, '2026-11-23');
  return open;
});
await step('long work on staffing shows how far it is, and is stopped', async () => {
  const address = page.url();
  for (let tries = 5; ; tries--) { // on a fast machine it may end before the button is pressed
    await go('/staff');
    await page.selectOption('select[name="day"]', '2026-11-20');
    await page.fill('input[name="target"]', '1');
    await page.click('form.ask button');
    const running = await page.locator('.work progress').count();
    if (running) await page.click('.work button', { timeout: 2000 }).catch(() => {});
    const said = await until('stopped or done', async () => `${await text('.flash')}${await text('#h-staff')}`, (s) => s !== '');
    if (running && said.includes(words.stopped)) break;
    assert.ok(tries > 1, said);
  }
  await page.goto(address);
});
await step('the day is played, with table and plots', async () => {
  await page.click('form.go button');
  await page.waitForSelector('table.beside');
  assert.equal(await page.locator('table.beside tbody tr').count(), 9);
  assert.equal(await page.locator('svg.plot polyline').count(), 6);
  const result = await text('section:has(> #h-result)');
  assert.ok(result.includes(day) && result.includes(words.partial), result);
  assert.match(await page.locator('table.beside tbody tr').first().locator('td').last().getAttribute('class'), /good/);
  assert.match(await text('.changes li'), new RegExp(words.change));
  await picture('whatif');
});
await step('the change is put in force with a reason', async () => {
  await page.fill('form[action="/whatif/apply"] input[name="reason"]', words.why);
  await page.click('form[action="/whatif/apply"] button');
  await until('done', () => text('.flash.good'), (s) => s.includes(words.done));
  const steps = await text('.steps li');
  assert.ok(steps.includes(words.change) && steps.includes(words.why), steps);
  assert.deepEqual((await plan()).windows[1].primary, ['tax', 'social']);
});
await step('the same change again is refused in words', async () => {
  await go(`/whatif?day=${day}&window=2&service=social&add=teach`);
  assert.ok((await text('.force')).includes(words.nothing));
});
const number = await step('the neighbour calls from the line, and board and window show it', async () => {
  const board = await context.newPage();
  await board.goto(`${base}/board?lang=${lang}`);
  const called = await next('2');
  assert.match(called.number, /^A\d{3}$/);
  const hero = await until('board', () => board.locator('.hero').innerText(), (s) => s.includes(called.number));
  assert.ok(hero.includes(words.window), hero);
  await board.goto(`${base}/window/2`);
  await until('window', () => board.locator('.number').innerText(), (s) => s === called.number);
  await board.close();
  return called.number;
});
await step('the alarm clears', async () => {
  await next('1');
  await next('2');
  await fetch(`${base}/walk/later/3`, { method: 'POST' }); // an alarm stands for two minutes at least
  await next('1');
  await go('/manager');
  await until('alarms', () => text('.alarms li'), (s) => !words.alarm.test(s));
});
await step('the plan is restored with a reason and equals the one before', async () => {
  await go('/whatif');
  await page.fill('form[action="/whatif/undo"] input[name="reason"]', words.back);
  await page.click('form[action="/whatif/undo"] button');
  await until('done', () => text('.flash.good'), (s) => s.includes(words.done));
  assert.deepEqual(await plan(), before);
  assert.equal(await page.locator('form[action="/whatif/undo"]').count(), 0);
  const steps = (await text('.steps li:last-child')).replaceAll(' ', '');
  assert.ok(steps.includes(words.restored.replaceAll(' ', '')) && steps.includes(words.back.replaceAll(' ', '')), steps);
  await picture('whatif-after');
});
await step('the neighbour calls no more of them, and the number tells where it was called', async () => {
  const called = await next('2');
  assert.ok(!called || called.number[0] === 'C', JSON.stringify(called));
  await go(`/manager?ticket=${number}`);
  assert.ok((await text('.history')).includes(words.window));
});
await step('a wrong number is told with the legal range', async () => {
  await go('/staff');
  await page.locator('input[name="days"]').evaluate((i) => { i.min = 0; i.value = 0; });
  await page.click('form.ask button');
  assert.match(await text('.flash.bad'), words.wrong);
  await picture('staff-wrong');
});
if (process.env.WALK_SHOTS) {
  for (const what of ['windows', 'lunch', 'skills']) {
    const began = Date.now();
    await go('/staff');
    await page.check(`input[value="${what}"]`);
    await page.selectOption('select[name="day"]', '2026-11-20');
    await page.fill('input[name="days"]', '1');
    await page.click('form.ask button');
    await page.waitForFunction(() => !document.querySelector('.work'), null, { timeout: 90000 });
    console.log(`     ${what}: ${Date.now() - began} ms`);
    await picture(what === 'windows' ? 'staff' : `staff-${what}`);
  }
}
await browser.close();
assert.deepEqual(faults, [], 'errors of the pages');
