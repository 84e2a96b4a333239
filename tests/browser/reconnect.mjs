import assert from 'node:assert/strict';
import { generate, pixels, states } from './stage.mjs';

export function reconnect(stage) {
  stage.it('says when the service is gone, and goes on when it is back', async (page, { service }) => {
    await service.kill();
    await page.waitForFunction(() => /Connection lost/.test(document.getElementById('health').textContent));
    assert.ok(await page.isDisabled('#go'));
    await service.start();
    await page.waitForFunction(() => /ready/.test(document.getElementById('health').textContent));
    await generate(page);
    assert.deepEqual(await states(page), ['done', 'done'], await page.textContent('#lanes'));
  });

  stage.it('says when a request ended with its connection, and runs it again with the same seed', async (page, { service }) => {
    // a service that keeps no generations
    await page.route('**/openapi/v1.json', async route => {
      const document = await (await route.fetch()).json();
      document.paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => !path.startsWith('/v1/generations')));
      await route.fulfill({ json: document });
    });
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    await page.fill('#a-steps', '160');
    await page.fill('#n', '1');
    await page.fill('#seed', '');
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('canvas').width > 1);
    await service.kill();
    await page.waitForSelector('.lane[data-state="lost"]');
    assert.match(await page.textContent('.lane .problem'), /ended with it/);
    assert.match(await page.textContent('.lane .status'), /Ended after \d+ of 160 steps/);
    assert.ok(await page.isEnabled('#scrub'), 'what had come can be looked at');
    await service.start();
    await page.click('[data-do="again"]');
    const [, seed] = (await page.textContent('[data-do="again"]')).match(/seed (\d+)$/);
    await page.waitForSelector('.lane[data-state="done"]');
    const again = await pixels(page);
    await page.fill('#seed', seed);
    await generate(page);
    assert.deepEqual(await pixels(page), again);
  });
}
