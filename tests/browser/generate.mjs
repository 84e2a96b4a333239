import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from './service.mjs';
import { ended, generate, pixels, states } from './stage.mjs';

export function generating(stage) {
  stage.it('loads without an error, a failing request or a request to anybody else', async page => {
    assert.match(await page.textContent('#health'), /models? ready/);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('lets pictures form step by step in both lanes', async page => {
    await page.fill('#a-steps', '30');
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
    assert.deepEqual(await page.$$eval('.progress', places => places.map(place => place.textContent)), ['30 / 30', '3 / 3']);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('gives the same pixels for the same seed, and others for another', async page => {
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

  stage.it('draws the labels that are chosen, in turn, or none', async page => {
    const names = () => page.$$eval('.lane:first-child .tile', tiles => tiles.map(tile => tile.getAttribute('aria-label')));
    await page.click('#label button');
    await page.check('.pill:nth-child(4) input', { force: true });
    await page.check('.pill:nth-child(6) input', { force: true });
    await page.fill('#n', '3');
    await generate(page);
    assert.deepEqual(await names(), ['Picture 1, label 3', 'Picture 2, label 5', 'Picture 3, label 3']);
    assert.match(await page.textContent('.curl'), /label=3,5/);
    const labelled = await pixels(page);
    await page.click('#label button');
    await page.click('#label button');
    await generate(page);
    assert.deepEqual(await names(), ['Picture 1', 'Picture 2', 'Picture 3']);
    assert.doesNotMatch(await page.textContent('.curl'), /label/);
    (await pixels(page)).forEach((picture, i) => assert.notEqual(picture, labelled[i]));
  });

  stage.it('shows a problem at the field it is about, in that lane alone', async page => {
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

  stage.it('shows a problem of a shared field, and of an option that is folded away', async page => {
    await page.fill('#n', '100000');
    await generate(page);
    assert.match(await page.textContent('#n-error'), /n must be 1\.\.\d+/);
    await page.fill('#n', '1');
    await page.$eval('#a-eta', input => { input.value = 7; });
    await generate(page);
    assert.match(await page.textContent('#a-eta-error'), /eta must be/);
    assert.ok(await page.isVisible('#a-eta'));
  });

  stage.it('replays earlier steps, and shows the estimate beside the sample', async page => {
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

  stage.it('opens a picture large, with its way through the steps', async page => {
    await generate(page);
    await page.click('.lane:first-child .tile:nth-child(2)');
    const large = () => page.$$eval('.pair canvas', canvases => canvases.map(canvas => canvas.toDataURL()));
    const [sample] = await large();
    assert.equal(await page.textContent('.inspector output'), 'step 5 of 5');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'moment');
    await page.keyboard.press('Home');
    const [noise, estimate] = await large();
    assert.equal(new Set([sample, noise, estimate]).size, 3);
    assert.equal(await page.textContent('.inspector output'), 'step 1 of 5');
    await page.click('.film canvas:last-child');
    assert.equal((await large())[0], sample);
    await page.keyboard.press('Escape');
    // the browser tells of the close in a task of its own
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Picture 2, label 1');
  });

  stage.it('stops at once, and the service stops too', async (page, { service }) => {
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

  stage.it('shows the curl line of the very same picture, and copies it', async page => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    await page.fill('#n', '1');
    await page.fill('#guidance', '2');
    await generate(page);
    await page.click('[data-do="curl"]');
    await page.waitForFunction(() => document.querySelector('[data-do="curl"]').textContent === 'Copied');
    const line = await page.evaluate(() => navigator.clipboard.readText());
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

  stage.it('saves the pictures as shown, or as the files the service makes', async page => {
    await generate(page);
    const download = async () => {
      const [file] = await Promise.all([page.waitForEvent('download'), page.click('.lane [data-do="save"]')]);
      return [file.suggestedFilename(), await readFile(await file.path())];
    };
    const [name, png] = await download();
    assert.equal(name, 'ddim-5-seed-7.png');
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    await page.selectOption('.lane [data-do="format"]', 'zip');
    const [archive, zip] = await download();
    assert.match(archive, /\.zip$/);
    assert.equal(zip.subarray(0, 2).toString(), 'PK');
    assert.ok(zip.includes('metadata.json'));
  });
}
