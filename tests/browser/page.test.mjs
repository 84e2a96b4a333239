import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Service, until } from './service.mjs';
import { ended, generate, launch, openStage, pixels, states } from './stage.mjs';

describe('the page', () => {
  let service, browser, page;
  before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
  after(async () => { await browser?.close(); await service?.kill(); });

  const withPage = (name, body) => it(name, async () => {
    page = await openStage(browser, service);
    try { await body(); } finally { await page.close(); }
  });

  withPage('loads without an error, a failing request or a request to anybody else', async () => {
    assert.match(await page.textContent('#health'), /models? ready/);
    assert.deepEqual(page.complaints, []);
  });

  withPage('lets pictures form step by step in both lanes', async () => {
    await page.fill('#a-steps', '12');
    await page.evaluate(() => {
      window.seen = new Set();
      const watch = () => {
        const canvas = document.querySelector('.lane canvas');
        if (canvas.width > 1) window.seen.add(canvas.toDataURL());
        requestAnimationFrame(watch);
      };
      watch();
    });
    await generate(page);
    assert.deepEqual(await states(page), ['done', 'done']);
    const seen = await page.evaluate(() => window.seen.size);
    assert.ok(seen >= 4, `${seen} different frames were shown`);
    assert.deepEqual(await page.$$eval('.progress', places => places.map(place => place.textContent)), ['12 / 12', '3 / 3']);
    assert.deepEqual(page.complaints, []);
  });

  withPage('gives the same pixels for the same seed, and others for another', async () => {
    await generate(page);
    const first = await pixels(page);
    assert.equal(new Set(first).size, 4, 'all four pictures differ');
    await generate(page);
    assert.deepEqual(await pixels(page), first);
    await page.click('#dice');
    assert.notEqual(await page.inputValue('#seed'), '7');
    await generate(page);
    (await pixels(page)).forEach((picture, i) => assert.notEqual(picture, first[i]));
  });

  withPage('shows a problem at the field it is about, in that lane alone', async () => {
    await page.fill('#a-steps', '100000');
    await generate(page);
    assert.match(await page.textContent('#a-steps-error'), /steps must be 1\.\.\d+/);
    assert.equal(await page.getAttribute('#a-steps', 'aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'a-steps');
    assert.ok(await page.isHidden('#b-steps-error'));
    assert.deepEqual(await states(page), ['failed', 'done']);
    await page.fill('#a-steps', '2');
    await generate(page);
    assert.ok(await page.isHidden('#a-steps-error'));
    assert.deepEqual(await states(page), ['done', 'done']);
  });

  withPage('shows a problem of a shared field, and of an option that is folded away', async () => {
    await page.fill('#n', '100000');
    await generate(page);
    assert.match(await page.textContent('#n-error'), /n must be 1\.\.\d+/);
    await page.fill('#n', '1');
    await page.$eval('#a-eta', input => { input.value = 7; });
    await generate(page);
    assert.match(await page.textContent('#a-eta-error'), /eta must be/);
    assert.ok(await page.isVisible('#a-eta'));
  });

  withPage('replays earlier steps, and shows the estimate beside the sample', async () => {
    await generate(page);
    const last = await pixels(page);
    await page.$eval('#scrub', slider => { slider.value = 1; slider.dispatchEvent(new Event('input')); });
    const first = await pixels(page);
    first.forEach((picture, i) => assert.notEqual(picture, last[i]));
    assert.equal(await page.textContent('.lane .progress'), '1 / 5');
    await page.check('[name="view"][value="clean"]', { force: true });
    const estimate = await pixels(page);
    estimate.forEach((picture, i) => assert.notEqual(picture, first[i]));
    await page.check('[name="view"][value="noisy"]', { force: true });
    assert.deepEqual(await pixels(page), first);
    await page.click('#play');
    await page.waitForFunction(() => document.getElementById('play').title === 'Replay' && document.querySelector('.progress').textContent === '5 / 5');
    assert.deepEqual(await pixels(page), last);
  });

  withPage('stops at once, and the service stops too', async () => {
    await page.fill('#a-steps', '1000');
    await page.click('#go');
    await page.waitForFunction(() => document.querySelector('canvas').width > 1);
    await page.click('#stop');
    await ended(page);
    assert.equal((await states(page))[0], 'canceled');
    assert.match(await page.textContent('.lane .status'), /Stopped after \d+ of 1000 steps/);
    await until(async () => (await (await fetch(`${service.url}v1/queue`)).json()).generations === 0, 'an empty queue');
    await page.fill('#a-steps', '2');
    await generate(page);
    assert.deepEqual(await states(page), ['done', 'done']);
  });

  withPage('shows the curl line of the very same picture', async () => {
    await page.uncheck('#compare');
    await page.fill('#n', '1');
    await page.selectOption('#label', '3');
    await page.fill('#guidance', '2');
    await generate(page);
    const line = await page.textContent('.curl');
    const [, url] = line.match(/^curl -X POST '([^']+)' -o out\.png$/) ?? assert.fail(line);
    const answer = await fetch(url, { method: 'POST' });
    assert.equal(answer.status, 200);
    const png = Buffer.from(await answer.arrayBuffer()).toString('base64');
    const decoded = await page.evaluate(async base64 => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      canvas.drawImage(bitmap, 0, 0);
      return [...canvas.getImageData(0, 0, bitmap.width, bitmap.height).data].filter((_, i) => i % 4 !== 3).join();
    }, png);
    assert.deepEqual(await pixels(page), [decoded]);
  });

  withPage('saves all pictures as one PNG', async () => {
    await generate(page);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.lane [data-do="save"]')]);
    assert.equal(download.suggestedFilename(), 'ddim-5-seed-7.png');
  });

  withPage('says when the service is gone, and goes on when it is back', async () => {
    await service.kill();
    await page.waitForFunction(() => /Connection lost/.test(document.getElementById('health').textContent));
    assert.ok(await page.isDisabled('#go'));
    await service.start();
    await page.waitForFunction(() => /ready/.test(document.getElementById('health').textContent));
    await generate(page);
    assert.deepEqual(await states(page), ['done', 'done']);
  });
});
