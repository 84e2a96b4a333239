// Takes the README's pictures from a running service: node scripts/screenshot.mjs [http://localhost:8080/] [docs/images] [only names that match this]
import { mkdir } from 'node:fs/promises';
import { generate, launch, open } from '../tests/browser/stage.mjs';

const [url = 'http://localhost:8080/', folder = 'docs/images', only = ''] = process.argv.slice(2);
const desktop = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' };
const phone = { viewport: { width: 360, height: 780 }, colorScheme: 'dark', deviceScaleFactor: 2 };
const pictures = [
  ['page.png', desktop, sideBySide],
  ['page-dark-mobile.png', phone, sideBySide],
  ['queue.png', { ...desktop, colorScheme: 'dark' }, queue],
  ['models.png', desktop, models],
  ['training.png', { ...desktop, viewport: { width: 1440, height: 1440 } }, training],
];

// many evaluations beside few
async function sideBySide(page) {
  await page.selectOption('#b-model', 'digits-dddm');
  await generate(page);
}

// a long run to look at: until the chart has a shape
async function queue(page) {
  await page.fill('#a-steps', '1000');
  await page.click('#go');
  await page.click('[data-view-link="queue"]');
  await page.waitForFunction(() => (document.querySelector('.trace')?.getAttribute('d') ?? '').split('L').length > 25);
}

async function models(page) {
  await page.click('[data-view-link="models"]');
  await page.waitForSelector('.model');
}

// of a service that has trained something with grids of samples
async function training(page) {
  await page.click('[data-view-link="training"]');
  await page.waitForSelector('.job:not([hidden]) .course:not([hidden])');
  await page.waitForFunction(() => [...document.querySelectorAll('.samples:not([hidden]) img')].every(picture => picture.naturalWidth > 0));
}

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const [name, options, act] of pictures.filter(([name]) => new RegExp(only).test(name))) {
    const page = await open(browser, url, options);
    page.setDefaultTimeout(300_000);
    await page.waitForSelector('html[data-ready]');
    await act(page);
    await page.evaluate(() => document.activeElement.blur());
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}/${name}` });
    await page.close();
    console.log(`${folder}/${name}`);
  }
} finally {
  await browser.close();
}
