// Takes pictures of pages: node window.mjs FOLDER NAME=WIDTHxHEIGHT=URL ...
import { launch } from './chromium.mjs';

const [folder, ...shots] = process.argv.slice(2);
const browser = await launch();
const context = await browser.newContext({ reducedMotion: 'reduce' }); // a blinking number stands still
for (const shot of shots) {
  const [, name, width, height, url] = /^([^=]+)=(\d+)x(\d+)=(.*)$/.exec(shot);
  const page = await context.newPage();
  await page.setViewportSize({ width: Number(width), height: Number(height) });
  await page.goto(url);
  await page.waitForTimeout(800); // the live part has come
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.close();
}
await browser.close();
