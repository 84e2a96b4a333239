import assert from 'node:assert/strict';
import { until } from './service.mjs';
import { generate, pixels } from './stage.mjs';

const running = page => page.waitForFunction(() => document.querySelector('canvas').width > 1);
const done = page => page.waitForSelector('.lane[data-state="done"]');

/** One lane that takes long enough to be interrupted. */
async function begin(page) {
  await page.click('.lane:nth-child(2) [data-do="remove"]');
  await page.fill('#a-steps', '160');
  await page.fill('#n', '2');
  await page.fill('#seed', '');
  await page.click('#go');
  await running(page);
}

/** The same request again, from its seed. */
async function again(page) {
  const [, seed] = (await page.textContent('.lane .status')).match(/seed (\d+)/);
  await page.fill('#seed', seed);
  await generate(page);
  return pixels(page);
}

export function kept(stage) {
  stage.it('a killed service goes on with it when it is back, and the page with the service', async (page, { service }) => {
    await begin(page);
    await service.kill();
    await page.waitForFunction(() => /Connection lost; the service goes on/.test(document.querySelector('.lane .status').textContent));
    assert.equal(await page.getAttribute('.lane', 'data-state'), 'running');
    await service.start();
    await done(page);
    assert.equal(await page.textContent('.lane .progress'), '160 / 160');
    const finished = await pixels(page);
    assert.deepEqual(await again(page), finished);
  });

  stage.it('a page that is loaded again goes on watching, and so does one that comes after the end', async page => {
    await begin(page);
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    assert.equal(await page.inputValue('#a-steps'), '160');
    await done(page);
    const finished = await pixels(page);
    assert.equal(finished.length, 2);
    const [[id]] = await page.evaluate(() => fetch('v1/generations?limit=1').then(answer => answer.json()).then(({ items }) => items.map(({ id }) => [id])));
    await page.goto('about:blank');
    await page.goto(`${stage.service.url}#/generate?id=${id}`);
    await done(page);
    assert.deepEqual(await pixels(page), finished);
    assert.deepEqual(await again(page), finished);
  });

  stage.it('one that is stopped is stopped in the service', async (page, { service }) => {
    await begin(page);
    await page.click('#stop');
    await page.waitForSelector('.lane[data-state="canceled"]');
    await until(async () => (await (await fetch(`${service.url}v1/generations?limit=1`)).json()).items[0].state === 'canceled', 'its record to say so');
  });

  stage.it('the queue lists it for everybody, with a way to open it', async page => {
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    await page.fill('#a-steps', '100');
    await page.fill('#seed', '4711');
    await generate(page);
    const made = await pixels(page);
    await page.fill('#seed', '1');
    await generate(page);
    assert.notDeepEqual(await pixels(page), made);
    await page.click('[data-view-link="queue"]');
    await page.click('[data-place="recent"] tr:has-text("4711") a');
    await page.waitForFunction(() => /seed 4711,/.test(document.querySelector('.lane .status').textContent));
    assert.deepEqual(await pixels(page), made);
  });
}
