// Every view and state of the page, and every way of making pictures, in light and dark, 360 and 1440 px wide, to be looked at:
// node scripts/looks.mjs [http://localhost:8080/] [FOLDER] [only names that match this]
import { mkdir } from 'node:fs/promises';
import { generate, launch, open } from '../tests/browser/stage.mjs';
import { choose, systems } from '../tests/browser/systems.mjs';

const [url = 'http://localhost:8080/', folder = 'artifacts/looks', only = ''] = process.argv.slice(2);
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 780 } };
const view = (page, name, ready) => page.click(`[data-view-link="${name}"]`).then(() => page.waitForSelector(ready));

const states = {
  async empty() { /* as it is found */ },
  async done(page) {
    await generate(page);
  },
  async four(page) {
    for (const key of 'cd') await page.click('#add').then(() => page.fill(`#${key}-steps`, '4'));
    await page.$$eval('details', all => all.forEach(folded => { folded.open = true; }));
    await generate(page);
  },
  async large(page) {
    await generate(page);
    await page.click('.tile');
  },
  async wrong(page) {
    for (const [field, text] of [['#a-steps', '1001'], ['#strip-to', 'seven']]) await page.fill(field, text);
    await generate(page);
    await page.click('[data-do="strip"]');
    await page.waitForSelector('#strip-to-error:not([hidden])');
  },
  async strip(page) {
    const drawn = await (await fetch(`${url}generate?label=3&seed=1`, { method: 'POST' })).arrayBuffer();
    await page.setInputFiles('#strip-from-image', { name: 'a-handwritten-three.png', mimeType: 'image/png', buffer: Buffer.from(drawn) });
    await page.selectOption('#strip-label', '3');
    await page.click('[data-do="strip"]');
    await page.waitForSelector('.frames img');
  },
  async lost(page) {
    await page.context().setOffline(true);
    await view(page, 'queue', '[data-place="problem"]:not([hidden])');
  },
  async queue(page) {
    await view(page, 'queue', '#queue dl div');
  },
  async busy(page) {
    await page.fill('#a-steps', '400');
    await page.click('#go');
    await view(page, 'queue', '#queue h2');
    await page.waitForFunction(() => (document.querySelector('.trace')?.getAttribute('d') ?? '').split('L').length > 5);
  },
  async models(page) {
    await view(page, 'models', '.model');
  },
  async data(page) {
    await view(page, 'data', '#data .preview');
    await page.waitForFunction(() => [...document.querySelectorAll('.preview')].every(image => image.complete));
  },
  async uploading(page) {
    await view(page, 'data', '#new-set');
    for (const { links } of (await (await fetch(`${url}v1/datasets/uploads`)).json()).items) await fetch(url + links.self.slice(1), { method: 'DELETE' });
    let parts = 0;
    await page.route('**/v1/datasets/uploads/*', route => route.request().method() === 'PATCH' && parts++ > 1 ? null : route.continue());
    await page.setInputFiles('#new-file', { name: 'looks.zip', mimeType: 'application/zip', buffer: Buffer.alloc(20 << 20) });
    await page.click('#new-go');
    await page.waitForFunction(() => document.querySelector('#data progress')?.value > 0.3);
  },
  async wrongset(page) {
    await view(page, 'data', '#new-set');
    await page.setInputFiles('#new-file', { name: 'No good.zip', mimeType: 'application/zip', buffer: Buffer.from('no archive') });
    await page.fill('#new-name', 'No Good');
    await page.click('#new-go');
    await page.waitForSelector('#new-name-error:not([hidden])');
  },
  async training(page) {
    await view(page, 'training', ':is(.job:not([hidden]) .course:not([hidden]), [data-place="jobs"] .note)');
    await page.waitForFunction(() => [...document.querySelectorAll('.samples:not([hidden]) img')].every(picture => picture.naturalWidth > 0));
  },
  async unfit(page) {
    await view(page, 'training', '#job-new');
    await page.click('#job-new summary');
    await page.fill('#job-text', '{\n  "name": "No Good",\n  "batch": 0,\n  "colour": 3\n}');
    await page.click('#job-submit');
    await page.waitForSelector('#job-wrong li');
  },
  async quality(page) {
    await view(page, 'evaluation', '[data-place="list"] > *');
    await page.waitForSelector('#evaluation [data-place="plot"] > *');
    await page.$$eval('#evaluation details', all => all.forEach(folded => { folded.open = true; }));
  },
  async unmeasurable(page) {
    await view(page, 'evaluation', '#evaluate-go');
    await page.fill('#evaluate-steps', '5, 100000');
    await page.fill('#evaluate-data', 'nowhere');
    await page.click('#evaluate-go');
    await page.waitForSelector('#evaluate-steps-error:not([hidden])');
  },
  async prefilled(page) {
    await view(page, 'data', '#data .preview');
    await page.click('[id^="train-"]');
    await page.waitForFunction(() => document.getElementById('job-text').value !== '');
  },
  async question(page) {
    await view(page, 'models', '.promotion');
    await page.click('.promotion button');
    await page.waitForSelector('dialog');
  },
  async refused(page) {
    await view(page, 'models', '.promotion');
    await page.fill('.promotion input', 'No Good');
    await page.click('.promotion button');
    await page.click('dialog button[value="yes"]');
    await page.waitForSelector('.promotion .error:not([hidden])');
  },
};

for (const system of await systems(url)) states[`system-${system.name}`] = async page => {
  await page.click('.lane:nth-child(2) [data-do="remove"]');
  await choose(page, system, system.usual);
  await generate(page);
};

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const [name, act] of Object.entries(states)) for (const [size, viewport] of Object.entries(sizes)) for (const colorScheme of ['light', 'dark']) {
    const file = `${name}-${size}-${colorScheme}.png`;
    if (!new RegExp(only).test(file)) continue;
    const page = await open(browser, url, { viewport, colorScheme });
    await page.waitForSelector('html[data-ready]');
    await act(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}/${file}`, fullPage: !await page.$('dialog') });
    if (await page.isVisible('#stop')) await page.$eval('#stop', stop => stop.click());
    await page.close();
    console.log(`${folder}/${file}`);
  }
} finally {
  await browser.close();
}
