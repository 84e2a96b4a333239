import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tabTo } from './stage.mjs';

const model = 'digits-dddm';

export function versions(stage) {
  const version = async (name, number) => (await fetch(`${stage.service.url}v1/models/${name}/versions/${number}`)).json();
  const says = (page, text) => page.waitForFunction(text => document.querySelector('[data-place="said"]').textContent.includes(text), text);

  async function visit(page) {
    await page.click('[data-view-link="models"]');
    await page.waitForSelector('[data-place="models"][aria-busy="false"] .model');
  }

  async function look(page, name, number) {
    await page.click(`#look-${name}-${number}`);
    await page.waitForSelector('dialog.sheet[open]');
  }

  /** Saves what the button of the open sheet exports; its path. */
  async function exported(page, format) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#sheet-${format}`)]);
    const path = `${stage.place.folder}/${download.suggestedFilename()}`;
    await download.saveAs(path);
    return path;
  }

  async function bring(page, path, name) {
    await page.setInputFiles('#import-file', path);
    if (name) await page.fill('#import-name', name);
    await page.click('#import-go');
  }

  stage.it('tells where a version comes from, by keyboard', async (page, { place }) => {
    await visit(page);
    await tabTo(page, `look-${model}-${place.newest}`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog.sheet[open]');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'sheet-close');
    const text = await page.textContent('dialog.sheet');
    const told = await version(model, place.newest);
    for (const { model, version, role } of told.parents) assert.ok(text.includes(`${model} v${version}, ${role}`), text);
    for (const file of Object.values(told.files)) assert.ok(text.includes(file.sha256));
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement.id), `look-${model}-${place.newest}`);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('exports a version, and imports it as another model', async (page, { place, service }) => {
    await visit(page);
    for (const format of ['safetensors', 'zip']) {
      await look(page, model, place.newest);
      const path = await exported(page, format);
      await says(page, `${model}-v${place.newest}.${format} is saved.`);
      const own = await (await fetch(`${service.url}v1/models/${model}/versions/${place.newest}/export?format=${format}`)).arrayBuffer();
      assert.equal(createHash('sha256').update(await readFile(path)).digest('hex'), createHash('sha256').update(Buffer.from(own)).digest('hex'));
      await bring(page, path, 'guest');
      await says(page, `guest v${format === 'zip' ? 2 : 1} is here.`);
    }
    assert.equal((await version('guest', 1)).files['model.safetensors'].sha256, (await version(model, place.newest)).files['model.safetensors'].sha256);
    await page.waitForSelector('#look-guest-2');
    assert.ok((await page.textContent('#model-guest')).includes(`${model}-v${place.newest}.zip`));
    // the name of the file says which model it was
    await page.fill('#import-name', '');
    await page.setInputFiles('#import-file', `${place.folder}/${model}-v${place.newest}.safetensors`);
    assert.equal(await page.inputValue('#import-name'), model);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('says which entry of a file is damaged, and imports nothing', async (page, { place, service }) => {
    const bytes = await readFile(`${place.folder}/${model}-v${place.newest}.zip`);
    bytes[bytes.indexOf('data_offsets') + 40] ^= 1;
    await writeFile(`${place.folder}/damaged.zip`, bytes);
    await visit(page);
    await bring(page, `${place.folder}/damaged.zip`, 'spoilt');
    await says(page, 'Nothing was imported.');
    assert.match(await page.textContent('#import-error'), /^model\.safetensors: /);
    assert.equal((await fetch(`${service.url}v1/models/spoilt`)).status, 404);
    await bring(page, `${place.folder}/damaged.zip`, 'No Good');
    await page.waitForFunction(() => !document.getElementById('import-name-error').hidden);
    assert.match(await page.textContent('#import-name-error'), /name must be 1 to 64 of a-z/);
  });

  stage.it('pins a version, and deletes one, each after a question', async page => {
    await visit(page);
    const answer = async (what, yes) => {
      await look(page, 'guest', 1);
      await page.click(`#sheet-${what}`);
      await page.click(`dialog button[value="${yes}"]`);
    };
    await answer('pin', 'no');
    assert.equal((await version('guest', 1)).pinned, false);
    await answer('pin', 'yes');
    await says(page, 'guest v1 is pinned.');
    assert.equal((await version('guest', 1)).pinned, true);
    await answer('pin', 'yes');
    await says(page, 'guest v1 is no longer pinned.');
    await answer('discard', 'no');
    assert.equal((await version('guest', 1)).version, 1);
    await answer('discard', 'yes');
    await says(page, 'guest v1 is deleted.');
    assert.equal((await version('guest', 1)).status, 404);
    await page.waitForSelector('#look-guest-1', { state: 'detached' });
    // what serves stays, and the page says why
    await look(page, 'guest', 2);
    await page.click('#sheet-discard');
    await page.click('dialog button[value="yes"]');
    await says(page, 'Nothing was changed. Version 2 of \'guest\' is in use');
  });
}
