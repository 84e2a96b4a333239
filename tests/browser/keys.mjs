import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { generate, openStage, pixels, states } from './stage.mjs';

/** The service asks for keys as soon as there is a file of them, and stops with the file. */
export function keys(stage) {
  stage.plain('asks for a key when the service does, keeps it in the tab, and uses it for the live pictures too', async () => {
    const { service, browser, place } = stage;
    const added = await service.command('keys', 'add', 'page', '--scopes', 'generate');
    const [key] = added.match(/dk_\S+/) ?? assert.fail(added);
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(30_000);
      await page.goto(service.url);
      await page.fill('#key', 'dk_wrong_wrong');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => /not valid/.test(document.getElementById('key-why')?.textContent));
      await page.click('dialog .secondary');
      await page.waitForFunction(() => document.getElementById('health').textContent === 'An API key is needed');
      assert.match(await page.textContent('#wait'), /keys add NAME/);
      await page.click('#give-key');
      await page.fill('#key', key);
      await page.keyboard.press('Enter');
      await page.waitForSelector('html[data-ready]');
      assert.ok(await page.isHidden('#wait'));
      assert.deepEqual(await page.evaluate(() => [Object.values(sessionStorage).some(value => value.startsWith('dk_')), Object.values(localStorage).some(value => value.startsWith('dk_'))]), [true, false]);
      await page.fill('#n', '1');
      await page.fill('#a-steps', '2');
      await generate(page);
      assert.deepEqual(await states(page), ['done', 'done']);
      assert.equal(new Set(await pixels(page)).size, 2);
      // a key without the scope may look, and not promote
      await page.click('[data-view-link="models"]');
      await page.waitForSelector('.model');
      await page.click('#promote-digits-dddm-go');
      await page.click('dialog button[value="yes"]');
      await page.waitForFunction(() => /Nothing was changed.*scope 'admin'/.test(document.querySelector('[data-place="said"]').textContent));
      await page.reload();
      await page.waitForSelector('html[data-ready]');
      await page.close();
    } finally {
      await rm(place.keys);
    }
    await (await openStage(browser, service)).close();
  });
}
