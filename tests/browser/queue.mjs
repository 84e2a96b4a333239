import assert from 'node:assert/strict';
import { states } from './stage.mjs';

const view = (page, name) => page.click(`[data-view-link="${name}"]`);

export function queue(stage) {
  stage.it('with what runs, what waits, and a way to stop it', async page => {
    await page.fill('#a-steps', '1000');
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('canvas').width > 1);
    await view(page, 'queue');
    await page.waitForFunction(() => /^1 generation with [\d,]+ rows to go, done in about/.test(document.querySelector('[data-place="now"]').textContent));
    await page.waitForFunction(() => document.querySelector('.chart strong').textContent === '2');
    assert.match(await page.getAttribute('.chart svg', 'aria-label'), /Rows in the batch: 2 rows now, at most 2 in the last two minutes/);
    assert.match(await page.textContent('[data-place="lanes"] h2'), /^digits-ddpm v\d+$/);
    assert.match(await page.textContent('[data-place="own"] tbody tr'), /running.*digits-ddpm.*ddim.*1000.*7/);
    await page.click('[data-place="own"] button');
    await page.waitForFunction(() => /canceled/.test(document.querySelector('[data-place="own"] tbody tr').textContent));
    await page.waitForFunction(() => document.querySelector('[data-place="now"]').textContent === 'Nothing waits.');
    await view(page, 'generate');
    assert.deepEqual(await states(page), ['canceled']);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('only while somebody looks', async page => {
    let asked = 0;
    page.on('request', request => { if (request.url().endsWith('/v1/queue')) asked++; });
    await view(page, 'queue');
    await page.waitForResponse(/\/v1\/queue$/);
    await page.clock.install();
    await page.clock.runFor(3000);
    await page.waitForResponse(/\/v1\/queue$/);
    await view(page, 'models');
    await page.waitForSelector('.model');
    const before = asked;
    await page.clock.runFor(30_000);
    assert.equal(asked, before);
  });

  stage.it('says so when it cannot be read, and goes on when it can', async page => {
    await view(page, 'queue');
    await page.waitForResponse(/\/v1\/queue$/);
    await page.context().setOffline(true);
    await page.waitForFunction(() => /does not answer/.test(document.querySelector('[data-place="problem"]').textContent));
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.querySelector('[data-place="problem"]').hidden);
  });
}
