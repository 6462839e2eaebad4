// Takes a picture of every face in both languages for docs/pictures:
// node shots.mjs URL-OF-THE-DEMO FOLDER
//
// The demo should have run for some minutes with its autopilot.
import { mkdirSync } from 'node:fs';
import { launch } from './chromium.mjs';

const base = new URL(process.argv[2] ?? 'http://127.0.0.1:8080/').origin;
const folder = process.argv[3] ?? 'pictures';
mkdirSync(folder, { recursive: true });

const browser = await launch();
const context = await browser.newContext();
context.setDefaultTimeout(15000);

async function shot(name, url, [width, height], prepare = async () => {}) {
  for (const lang of ['zh-CN', 'en']) {
    const page = await context.newPage();
    await page.setViewportSize({ width, height });
    const to = new URL(url, base);
    to.searchParams.set('lang', lang);
    await page.goto(to.href);
    await page.waitForTimeout(1200); // live parts come, letters are drawn
    await prepare(page, lang);
    const path = `${folder}/${name}-${lang === 'en' ? 'en' : 'zh'}.png`;
    await page.screenshot({ path });
    console.log(path);
    await page.close();
  }
}

const hall = await context.newPage();
await hall.setViewportSize({ width: 1920, height: 1080 });
await hall.goto(`${base}/demo/`);
await hall.waitForSelector('.window[data-stage="serving"]', { timeout: 90000 });
const site = (part) => hall.getAttribute(`${part} a`, 'href');
const links = await hall.locator('.slip').evaluateAll((slips) => slips.map((s) => s.dataset.link).filter(Boolean));

// asks is when the hall is worth a picture: a paper is out, and the evaluator asks.
const asks = async (page) => {
  await page.waitForSelector('.paper.new', { timeout: 300000 });
  await page.waitForSelector('.evaluator.lit', { timeout: 300000 });
  await page.waitForTimeout(600);
};
await shot('hall', '/demo/', [1920, 1080], asks);
await shot('hall-slip', '/demo/', [1920, 1080], async (page) => {
  await page.click('.slip.at0');
  await page.waitForTimeout(1500);
});
await shot('hall-links', '/demo/', [1920, 1080], (page) => page.click('#faces'));
await shot('board', '/board', [1920, 1080]);
const kiosk = await site('.kiosk[data-kiosk="1"]');
await shot('kiosk', kiosk, [800, 480], (page) => page.waitForSelector('#result[hidden]', { state: 'attached' }));
await shot('kiosk-ticket', kiosk, [800, 480], async (page) => {
  await page.waitForSelector('#result[hidden]', { state: 'attached' });
  await page.click('.take >> nth=1');
  await page.waitForSelector('.card.out');
});
await shot('kiosk-elder', kiosk, [800, 480], async (page) => {
  await page.waitForSelector('#result[hidden]', { state: 'attached' });
  await page.click('#elder');
});
await shot('kiosk-portrait', kiosk, [1080, 1920], (page) => page.waitForSelector('#result[hidden]', { state: 'attached' }));
await shot('kiosk-list', kiosk, [800, 480], async (page) => {
  await page.waitForSelector('#result[hidden]', { state: 'attached' });
  await page.click('.bring >> nth=1');
  await page.click('#sheet-choices button >> nth=1');
  await page.waitForSelector('.card.out');
});
const terminal = await site('.window[data-window="1"]');
await shot('terminal', terminal, [1280, 800], async (page) => { // somebody is served, and asked to rate
  for (const [stage, key] of [['idle', 'Space'], ['called', 'a'], ['serving', 'e']]) {
    if (await page.getAttribute('body', 'data-stage') !== stage) continue;
    await page.waitForTimeout(900); // the big key is deaf while its meaning settles
    await page.keyboard.press(key);
    await page.waitForTimeout(900);
  }
});
await shot('evaluator', '/demo/terminal/1/sim/evaluator', [1024, 600]);
await shot('window', '/window/1', [1280, 720]);
await shot('terminal-menu', terminal, [1280, 800], async (page) => {
  await page.keyboard.press('s');
  await page.waitForSelector('#menu[open]');
  await page.waitForTimeout(200);
  await page.screenshot();
});
if (links.length) await shot('phone', links[0], [390, 844]);
if (links.length) await shot('phone-last', links.at(-1), [390, 844]);
await shot('login', '/login', [1440, 900]);
await shot('front', '/?lang=en', [1440, 900]);

const login = await context.newPage();
await login.goto(`${base}/login`);
await login.fill('[name="clerk"]', 'm01');
await login.fill('[name="pin"]', '8888');
await login.click('main form button');
await login.waitForURL((u) => !u.pathname.startsWith('/login'));
await login.close();
await shot('manager', '/manager', [1440, 900]);
await shot('manager-window', '/manager?window=3', [1440, 900]);
const figures = await context.newPage();
await figures.goto(`${base}/manager`);
const number = await figures.locator('.post .now b:not(.none)').first().textContent();
await figures.close();
await shot('manager-ticket', `/manager?ticket=${number}`, [1440, 900]);
await shot('why', `/why/${number}`, [1440, 900]);
await shot('promises', '/promises', [1920, 1080]);
await shot('heat', '/heat', [1920, 1080]);
await shot('ratings', '/ratings', [1440, 900]);
await shot('learned', '/learned', [1920, 1080]);
for (const name of ['devices', 'whatif', 'staff']) await shot(name, `/${name}`, [1440, 900]);
await browser.close();
