import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { generate } from './stage.mjs';

const drawn = page => page.$$eval('.frames img', images => images.map(image => image.src));

async function interpolate(page) {
  await page.click('[data-do="strip"]');
  await page.waitForFunction(() => document.querySelector('.frames img')?.complete && !document.querySelector('[data-do="strip"]').disabled);
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

  stage.it('from an image that is uploaded', async page => {
    await generate(page);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('.lane [data-do="save"]')]);
    await page.setInputFiles('#strip-from-image', await file.path());
    assert.ok(await page.isDisabled('#strip-from'));
    await page.fill('#strip-n', '3');
    await interpolate(page);
    assert.equal(new Set(await drawn(page)).size, 3);
    await page.click('.strip .with-button button');
    assert.ok(await page.isEnabled('#strip-from'));
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
