import assert from 'node:assert/strict';
import { Relay } from './cut.mjs';
import { generate, openStage, pixels } from './stage.mjs';

const lost = page => page.waitForFunction(() => /Connection lost/.test(document.getElementById('health').textContent));
const says = (page, place, text) => page.waitForFunction(([place, text]) => document.querySelector(place).textContent.includes(text), [place, text]);

/** The service goes on, the connection does not. */
export function lostConnections(stage) {
  const it = (name, body) => stage.plain(name, async () => {
    const relay = await Relay.to(stage.service), page = await openStage(stage.browser, relay);
    try { await body(page, relay); } finally { await Promise.all([page.close(), relay.cut()]); }
  });

  it('a cut connection: the pictures are there when it is back, whole', async (page, relay) => {
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    await page.fill('#a-steps', '120');
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('canvas').width > 1);
    await relay.cut();
    await lost(page);
    await relay.open();
    await page.waitForSelector('.lane[data-state="done"]');
    const finished = await pixels(page);
    await generate(page);
    assert.deepEqual(await pixels(page), finished);
  });

  it('a cut connection: what is too short to be kept is asked for again', async (page, relay) => {
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    // enough that it has not ended when the connection is cut
    await page.fill('#n', '10');
    await page.fill('#a-steps', '15');
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('canvas').width > 1);
    await relay.cut();
    await says(page, '.lane .status', 'it is asked for again');
    await relay.open();
    await page.waitForSelector('.lane[data-state="done"]');
    assert.equal(await page.textContent('.lane .progress'), '15 / 15');
    const finished = await pixels(page);
    await generate(page);
    assert.deepEqual(await pixels(page), finished);
  });

  it('a cut connection: an interpolation is asked for again', async (page, relay) => {
    await page.fill('#a-steps', '40');
    await page.fill('#strip-n', '8');
    await page.click('[data-do="strip"]');
    await says(page, '.strip .status', 'Interpolating');
    await relay.cut();
    await says(page, '.strip .status', 'Connection lost');
    await relay.open();
    await page.waitForSelector('.frames img');
    assert.equal(await page.$$eval('.frames img', all => all.length), 8);
    assert.ok(await page.isVisible('[data-do="strip"]'));
  });
}
