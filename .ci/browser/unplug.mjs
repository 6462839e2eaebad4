// What people see while a cable is pulled, and after: node unplug.mjs URL-OF-THE-DEMO
//
// Printer, panel, keypad and network of a device are pulled in turn, while it works. The person in
// front must see what to do, the devices page which plug to look at, and all must go on by itself.
// The autopilot must be off. With SHOTS=FOLDER pictures are taken, and the panel is waited for, which
// marks itself after 45 s without a hub.
import assert from 'node:assert/strict';
import { launch } from './chromium.mjs';

const base = new URL(process.argv[2] ?? 'http://127.0.0.1:8080/').origin;
const TIMEOUT = 12000; // a device looks for its hub every second or two, and for its printer every three
const SHOTS = process.env.SHOTS;

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
context.setDefaultTimeout(TIMEOUT);
const faults = [];
context.on('weberror', (e) => faults.push(String(e.error())));

async function step(name, fn) {
  const began = Date.now();
  try {
    const value = await fn();
    console.log(`ok   ${name} (${Date.now() - began} ms)`);
    return value;
  } catch (e) {
    console.log(`FAIL ${name} (${Date.now() - began} ms): ${e.message}`);
    await browser.close();
    process.exit(1);
  }
}

async function until(what, get, want, most = TIMEOUT) {
  const end = Date.now() + most;
  let got;
  do {
    got = await get();
    if (want(got)) return got;
    await new Promise((r) => setTimeout(r, 50));
  } while (Date.now() < end);
  throw new Error(`${what}: still ${JSON.stringify(got)?.slice(0, 300)}`);
}

async function open(path, width, height) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  await page.goto(new URL(path, base).href);
  return page;
}

const shot = async (name, part) => { if (SHOTS) await part.screenshot({ path: `${SHOTS}/unplug-${name}.png` }); };

// pull does what the buttons of the demo's pages do.
const pull = (path) => hall.evaluate(async (p) => {
  const r = await fetch(p, { method: 'POST' });
  if (!r.ok) throw new Error(`${p}: ${r.status} ${await r.text()}`);
}, path);

const device = (id) => devices.locator(`.device[data-key="${id}"]`);
const says = (id, words) => until(`devices page of ${id}`, () => device(id).innerText(), (t) => t.includes(words));
const well = (id) => says(id, '一切正常');

const began = Date.now();
const hall = await open('/demo/', 1920, 1080);
await hall.waitForSelector('.window[data-stage="signed_off"]');
const site = (part) => hall.getAttribute(`${part} a`, 'href');
const kiosk = await open(`${await site('.kiosk[data-kiosk="1"]')}?lang=zh-CN`, 800, 480);
const terminal = await open(`${await site('.window[data-window="1"]')}?lang=zh-CN`, 1280, 800);
const devices = await open('/login?next=/devices', 1440, 900);
await step('the manager looks at the devices, a clerk opens window 1', async () => {
  await devices.fill('[name="clerk"]', 'm01');
  await devices.fill('[name="pin"]', '8888');
  await devices.click('main form button');
  await devices.waitForURL((u) => !u.pathname.startsWith('/login'));
  await devices.goto(`${base}/devices?lang=zh-CN`);
  await well('dispenser-1');
  await terminal.waitForSelector('body[data-stage="signed_off"]');
  await terminal.keyboard.press('Space');
  await terminal.keyboard.press('Tab');
  await terminal.keyboard.type('1234');
  await terminal.keyboard.press('Enter');
  await terminal.waitForSelector('body[data-stage="idle"]');
});

// take takes a ticket and returns its number.
async function take(paper) {
  if (await kiosk.locator('#result').isVisible()) await read();
  await kiosk.waitForTimeout(1600); // a second tap within 1.5 s is the same finger
  await kiosk.click('.take[data-service="social"]');
  await kiosk.waitForSelector(`.card.${paper}`);
  return kiosk.textContent('#result-number');
}
const read = async () => {
  await kiosk.click('#result-done');
  await kiosk.waitForSelector('#result[hidden]', { state: 'attached' });
};
const line = () => kiosk.textContent('#line');

const numbers = [];
await step('printer pulled: the number is large, and everybody says where to look', async () => {
  await pull('/demo/kiosk/1/sim/printer/unplugged');
  numbers.push(await take('missing'));
  const words = await until('corner of the kiosk', line, (t) => t.includes('打印机'));
  await says('dispenser-1', words);
  await shot('kiosk-printer', kiosk);
  await read();
  await shot('kiosk-corner', kiosk);
});
await step('printer back: no burst, a slip on demand', async () => {
  await pull('/demo/kiosk/1/sim/printer/ok');
  await until('corner of the kiosk', line, (t) => t === '');
  await well('dispenser-1');
  await kiosk.click('#unprinted:visible');
  await kiosk.click('#sheet-choices button');
  await kiosk.waitForSelector('.card.out');
  assert.equal(await kiosk.textContent('#result-number'), numbers[0]);
});
await step('network of the kiosk pulled: it goes on with its own letter', async () => {
  await pull('/demo/cable/dispenser-1?out=true');
  await until('corner of the kiosk', line, (t) => t.includes('网络断开：请检查网线'));
  await says('dispenser-1', '联系不上');
  const own = await take('out');
  assert.notEqual(own[0], numbers[0][0]);
  numbers.push(own);
  await shot('kiosk-network', kiosk);
  await pull('/demo/cable/dispenser-1?out=false');
  await until('corner of the kiosk', line, (t) => t === '');
  await well('dispenser-1');
});

const rows = () => hall.getAttribute('.window[data-window="1"] canvas.panel', 'data-rows');
// steady waits until the panel has blinked enough, and returns its picture.
const steady = async () => {
  for (;;) {
    const was = await rows();
    let changed = false;
    for (let i = 0; i < 15 && !changed; i++) {
      await hall.waitForTimeout(100);
      changed = await rows() !== was;
    }
    if (!changed) return was;
  }
};
const big = async (stage) => {
  await terminal.keyboard.press('Space');
  await terminal.waitForSelector(`body[data-stage="${stage}"]`);
};
await step('panel pulled: it is dark, and shows the number again by itself', async () => {
  await big('called');
  await steady();
  await pull('/demo/panel/1/sim/panel/out');
  await until('panel', rows, (r) => /^A*=*$/.test(r));
  await pull('/demo/panel/1/sim/panel/in');
  await until('panel', rows, (r) => !/^A*=*$/.test(r));
});
await step('numpad pulled: the terminal says so and goes on by its screen, the pad by itself', async () => {
  await pull('/demo/terminal/1/sim/plug/keypad/out');
  await terminal.waitForSelector('.banner.keypad');
  await says('terminal-1', '小键盘没有接好：请检查插头');
  await shot('terminal-numpad', terminal);
  await pull('/demo/terminal/1/sim/plug/keypad/in');
  await terminal.waitForSelector('.banner.keypad', { state: 'detached' });
  await well('terminal-1');
});
await step('network of the terminal pulled: it says so and takes no key', async () => {
  await pull('/demo/cable/terminal-1?out=true');
  await terminal.waitForSelector('.banner.away');
  await says('terminal-1', '窗口无法叫号');
  assert.ok(await terminal.locator('#big').isDisabled() || await terminal.getAttribute('#big', 'aria-disabled') === 'true', 'the big key looks dead');
  await shot('terminal-network', terminal);
  await pull('/demo/cable/terminal-1?out=false');
  await terminal.waitForSelector('.banner.away', { state: 'detached' });
  await well('terminal-1');
  await big('serving');
});
await step('network of the panel pulled: the number of before stays, the new one comes with the cable', async () => {
  const before = await steady();
  await pull('/demo/cable/display-1?out=true');
  await says('display-1', '屏上不会显示新的叫号');
  await big('called');
  if (SHOTS) {
    await devices.reload();
    await until('mark in the panel’s corner', rows, (r) => r !== before, 60000);
    await hall.waitForTimeout(300); // it is drawn
    await shot('panel-network', hall.locator('.window[data-window="1"] canvas.panel'));
  } else {
    assert.equal(await rows(), before);
  }
  await pull('/demo/kiosk/2/sim/printer/cover');
  await says('dispenser-2', '盖子');
  await shot('devices', devices);
  await pull('/demo/kiosk/2/sim/printer/ok');
  await pull('/demo/cable/display-1?out=false');
  await until('panel', rows, (r) => r !== before);
  await well('display-1');
});
await step('everybody who has a number is called once', async () => {
  const called = [];
  for (const n of await terminal.locator('#card .number').allTextContents()) called.push(n);
  assert.ok(numbers.includes(called[0]), `called ${called}, given ${numbers}`);
  await until('nobody waits', () => hall.evaluate(async () => (await (await fetch('/api/v1/board')).json()).services.map((s) => s.waiting)),
    (w) => w.every((n) => n === 0));
});
await step('no page had an error', () => assert.deepEqual(faults, []));
await browser.close();
console.log(`unplugged in ${((Date.now() - began) / 1000).toFixed(1)} s`);
