import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from './service.mjs';

const drawn = page => page.$$eval('.frames img', images => images.map(image => image.src));

async function interpolate(page) {
  await page.click('[data-do="strip"]');
  await page.waitForFunction(() => document.querySelector('.frames img')?.complete && !document.querySelector('[data-do="strip"]').hidden);
}

export function strip(stage) {
  stage.it('from one seed to another, which are its ends', async page => {
    await page.fill('#strip-n', '4');
    await interpolate(page);
    const there = await drawn(page);
    assert.equal(new Set(there).size, 4);
    assert.equal(await page.getAttribute('.frames img', 'alt'), 'Picture 1 of 4');
    await page.fill('#strip-from', '8');
    await page.fill('#strip-to', '7');
    await interpolate(page);
    assert.deepEqual(await drawn(page), there.toReversed());
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-do="save-strip"]')]);
    assert.equal((await readFile(await file.path())).subarray(1, 4).toString(), 'PNG');
    assert.deepEqual(page.complaints, []);
  });

  stage.it('the curl line makes the same way', async page => {
    await page.fill('#strip-n', '3');
    await interpolate(page);
    const line = await page.textContent('.strip .curl');
    const [, url, body] = line.match(/^curl -X POST '([^']+)' -H 'content-type: application\/json' -d '(.+)' -o strip\.png$/) ?? assert.fail(line);
    const answer = await fetch(url.replace('format=png', 'format=json'), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { images } = await answer.json();
    assert.deepEqual(images.map(({ png }) => `data:image/png;base64,${png}`), await drawn(page));
  });

  stage.it('from an image that is uploaded to another, and what comes out begins like it', async (page, { service }) => {
    const [from, to] = await Promise.all([[3, 2], [7, 3]].map(async ([label, seed]) =>
      Buffer.from(await (await fetch(`${service.url}generate?label=${label}&steps=10&sampler=ddim&seed=${seed}`, { method: 'POST' })).arrayBuffer())));
    await page.setInputFiles('#strip-from-image', { name: 'three.png', mimeType: 'image/png', buffer: from });
    assert.ok(await page.isDisabled('#strip-from'));
    assert.equal(await page.inputValue('#strip-from'), 'three.png');
    await page.setInputFiles('#strip-to-image', { name: 'seven.png', mimeType: 'image/png', buffer: to });
    await page.selectOption('#strip-label', '');
    await page.fill('#a-steps', '30');
    await page.fill('#strip-n', '3');
    await interpolate(page);
    assert.equal(new Set(await drawn(page)).size, 3);
    assert.match(await page.textContent('.strip .curl'), /"image":"<base64 of three\.png>"/);
    const apart = await page.evaluate(async ends => {
      const pixels = async base64 => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height).data.filter((_, i) => i % 4 === 0);
      };
      const frames = await Promise.all([...document.querySelectorAll('.frames img')].map(image => pixels(image.src.split(',')[1])));
      const distance = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
      return (await Promise.all(ends.map(pixels))).map(end => frames.map(frame => distance(frame, end)));
    }, [from, to].map(file => file.toString('base64')));
    assert.deepEqual(apart.map(distances => distances.indexOf(Math.min(...distances))), [0, 2]);
    await page.click('.strip .with-button button');
    assert.ok(await page.isEnabled('#strip-from'));
    assert.equal(await page.inputValue('#strip-from'), '7');
  });

  stage.it('can be stopped, and the service stops too', async (page, { service }) => {
    await page.fill('#a-steps', '1000');
    await page.fill('#strip-n', '16');
    await page.click('[data-do="strip"]');
    const working = async () => (await (await fetch(`${service.url}v1/queue`)).json()).generations;
    await until(async () => await working() === 1, 'it to be in the queue');
    await page.focus('[data-do="stop-strip"]');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('.strip .status').textContent === 'Stopped.');
    await until(async () => await working() === 0, 'an empty queue');
    await page.fill('#a-steps', '3');
    await page.fill('#strip-n', '2');
    await interpolate(page);
    assert.equal((await drawn(page)).length, 2);
  });

  stage.it('one that the service keeps can be opened by its address', async (page, { service }) => {
    const answer = await fetch(`${service.url}v1/interpolations`, {
      method: 'POST', body: JSON.stringify({ from: { seed: 7 }, to: { seed: 8 }, n: 4, steps: 5, label: 0 }), headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    });
    const { id } = await answer.json();
    await page.evaluate(id => { location.hash = `#/generate?id=${id}`; }, id);
    await page.waitForSelector('.frames img');
    const opened = await drawn(page);
    await page.fill('#strip-n', '4');
    await interpolate(page);
    assert.deepEqual(await drawn(page), opened);
  });

  stage.it('says at its own field what is wrong', async page => {
    await page.fill('#strip-to', 'seven');
    await page.click('[data-do="strip"]');
    await page.waitForSelector('#strip-to-error:not([hidden])');
    assert.match(await page.textContent('#strip-to-error'), /to\.seed must be a whole number/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'strip-to');
    await page.fill('#strip-to', '9');
    await page.fill('#strip-n', '100000');
    await page.click('[data-do="strip"]');
    await page.waitForSelector('#strip-n-error:not([hidden])');
    assert.ok(await page.isHidden('#strip-to-error'));
  });
}
