import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { audit, widest } from './audit.mjs';
import { Relay } from './cut.mjs';
import { openStage, tabTo } from './stage.mjs';
import { pictures } from './zip.mjs';

const file = (name, buffer) => ({ name: `${name}.zip`, mimeType: 'application/zip', buffer });
// several parts, and not to be made smaller
const large = () => pictures({ 'right/noise.bin': randomBytes(11 << 20) });

const says = (page, text) => page.waitForFunction(text => document.querySelector('#data [data-place="said"]').textContent.includes(text), text);

async function visit(page) {
  await page.click('[data-view-link="data"]');
  await page.waitForSelector('#data [data-place="sets"][aria-busy="false"]', { state: 'attached' });
}

/** Chooses a file and presses Upload. */
async function upload(page, name, buffer = pictures()) {
  await page.setInputFiles('#new-file', file(name, buffer));
  await page.fill('#new-size', '8');
  await page.selectOption('#new-channels', '1');
  await page.click('#new-go');
}

/** Answers the question; deletes a set. */
async function remove(page, name, answer = 'yes') {
  await page.click(`#remove-${name}`);
  await page.click(`dialog button[value="${answer}"]`);
}

/** Lets a page send so many parts, and calls before the next one leaves. */
async function afterParts(page, count, act) {
  let sent = 0;
  await page.route('**/v1/datasets/uploads/*', async route => {
    if (route.request().method() === 'PATCH' && sent++ === count) await act();
    await route.continue().catch(() => { /* it was given up meanwhile */ });
  });
}

export function data(stage) {
  const served = path => fetch(`${stage.service.url}v1/datasets/${path}`);

  stage.it('becomes a set that is shown with what was left out of it, and is deleted after a question', async page => {
    await visit(page);
    await upload(page, 'Left & right');
    await says(page, 'left-right is imported.');
    assert.deepEqual(await page.$$eval('#set-left-right .histogram li', all => all.map(each => each.textContent)), ['left6', 'right6']);
    const figures = await page.textContent('#set-left-right .figures');
    assert.match(figures, /Images12Splitstrain 12Classes2/);
    assert.equal(await page.$eval('#set-left-right .preview', async image => { await image.decode(); return image.naturalHeight; }), 8 + 2 + 8);
    await page.click('#refused-left-right summary');
    await page.waitForSelector('#refused-left-right tbody tr');
    assert.match(await page.textContent('#refused-left-right tbody'), /right\/notes\.txt.*not that of a PNG/);
    await page.click('#duplicates-left-right summary');
    await page.waitForSelector('#duplicates-left-right tbody tr');
    assert.match(await page.textContent('#duplicates-left-right tbody'), /right\/again\.pngright\/0\.png/);
    assert.deepEqual(await audit(page), []);
    assert.deepEqual(page.complaints, []);
    await remove(page, 'left-right', 'no');
    assert.equal((await served('left-right')).status, 200);
    await remove(page, 'left-right');
    await says(page, 'left-right is deleted.');
    await page.waitForSelector('#set-left-right', { state: 'detached' });
    assert.equal((await served('left-right')).status, 404);
  });

  stage.plain('goes on by itself after a cut connection', async () => {
    const relay = await Relay.to(stage.service), page = await openStage(stage.browser, relay);
    try {
      await visit(page);
      await afterParts(page, 1, () => relay.cut());
      await upload(page, 'cut', large());
      await page.waitForFunction(() => /waits: The connection is lost/.test(document.querySelector('.upload')?.textContent));
      const { items: [{ offset }] } = await (await served('uploads')).json();
      assert.equal(offset, 4 << 20);
      await relay.open();
      await says(page, 'cut is imported.');
      assert.equal((await (await served('cut')).json()).images, 12);
      await remove(page, 'cut');
      await says(page, 'cut is deleted.');
    } finally {
      await Promise.all([page.close(), relay.cut()]);
    }
  });

  stage.it('goes on after the page was left, with the same file', async page => {
    page.on('dialog', dialog => dialog.accept());
    await visit(page);
    const bytes = large();
    await afterParts(page, 1, () => page.click('[id^="stop-"]'));
    await upload(page, 'left', bytes);
    await page.waitForFunction(() => /choose the same file/.test(document.querySelector('.upload')?.textContent));
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    await page.setInputFiles('[id^="resume-"]', file('other', pictures()));
    await says(page, 'it is another file.');
    await page.unroute('**/v1/datasets/uploads/*');
    await page.setInputFiles('[id^="resume-"]', file('left', bytes));
    await says(page, 'left is imported.');
    await remove(page, 'left');
    await says(page, 'left is deleted.');
  });

  stage.it('says what is wrong at the field, and why an archive is refused', async page => {
    await visit(page);
    await page.click('#new-go');
    assert.match(await page.textContent('#new-file-error'), /Choose a file first/);
    await page.setInputFiles('#new-file', file('good', pictures()));
    await page.fill('#new-name', 'No Good');
    await page.fill('#new-size', '9999');
    await page.click('#new-go');
    await page.waitForSelector('#new-name-error:not([hidden])');
    assert.match(await page.textContent('#new-name-error'), /name must be 1 to 64 of a-z/);
    assert.match(await page.textContent('#new-size-error'), /size must be a whole number, 1\.\.512/);
    await page.fill('#new-name', 'escape');
    await upload(page, 'escape', pictures({ '../evil.png': Buffer.from('x') }));
    await page.waitForSelector('.upload[data-state="failed"]');
    assert.match(await page.textContent('.upload .problem'), /entry '\.\.\/evil\.png' leaves its folder; nothing was imported/);
    await page.click('.upload[data-state="failed"] button');
    await page.waitForFunction(() => !document.querySelector('.upload[data-state="failed"]'));
  });

  stage.it('can be uploaded and deleted with the keyboard alone', async page => {
    await visit(page);
    await page.setInputFiles('#new-file', file('keys', pictures()));
    await page.evaluate(() => document.activeElement.blur());
    await tabTo(page, 'new-size');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('8');
    await tabTo(page, 'new-go');
    await page.keyboard.press('Enter');
    await says(page, 'keys is imported.');
    await tabTo(page, 'remove-keys');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await says(page, 'keys is deleted.');
  });

  for (const colorScheme of ['light', 'dark'])
    stage.it(`fits 360 px with long names, ${colorScheme}`, async page => {
      const name = 'a-set-with-the-longest-name-that-there-can-be-for-a-set-of-images';
      await visit(page);
      await page.fill('#new-name', name.slice(0, 64));
      await upload(page, 'long', pictures({ 'right/a-long-name-without-any-space-in-it-that-could-be-broken-over-lines.txt': Buffer.from('x') }));
      await says(page, 'is imported.');
      await page.$$eval('#data details', all => all.forEach(folded => { folded.open = true; }));
      await page.waitForSelector('#data tbody tr');
      assert.deepEqual(await audit(page), []);
      assert.ok(await widest(page) <= 360);
      await remove(page, name.slice(0, 64));
      await says(page, 'is deleted.');
    }, { viewport: { width: 360, height: 740 }, colorScheme });
}
