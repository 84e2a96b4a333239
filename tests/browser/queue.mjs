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
    // all of one look at the queue: the next one is taken between two ticks, maybe
    const seen = await page.waitForFunction(() => {
      const [chart, lane, own] = [document.querySelector('.chart'), document.querySelector('[data-place="lanes"] h2'), document.querySelector('[data-place="own"] tbody tr')];
      return chart.querySelector('strong').textContent === '2' && lane && own
        && [chart.querySelector('svg').getAttribute('aria-label'), lane.textContent, own.textContent];
    });
    const [chart, lane, own] = await seen.jsonValue();
    assert.match(chart, /Rows in the batch: 2 rows now, at most 2 in the last two minutes/);
    assert.match(lane, /^digits-ddpm v\d+$/);
    assert.match(own, /running.*digits-ddpm.*ddim.*1000.*7/);
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
    await Promise.all([page.waitForResponse(/\/v1\/queue$/), view(page, 'queue')]);
    await page.clock.install();
    await Promise.all([page.waitForResponse(/\/v1\/queue$/), page.clock.runFor(3000)]);
    await view(page, 'models');
    await page.waitForSelector('.model');
    const before = asked;
    await page.clock.runFor(30_000);
    assert.equal(asked, before);
  });

  stage.it('says so when it cannot be read, and goes on when it can', async page => {
    await Promise.all([page.waitForResponse(/\/v1\/queue$/), view(page, 'queue')]);
    await page.context().setOffline(true);
    await page.waitForFunction(() => /does not answer/.test(document.querySelector('[data-place="problem"]').textContent));
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.querySelector('[data-place="problem"]').hidden);
  });
}
