import assert from 'node:assert/strict';
import { audit, widest } from './audit.mjs';
import { ended, generate, open, pixels, states, tabTo } from './stage.mjs';
import { it } from 'node:test';

const views = ['generate', 'queue', 'models', 'data', 'training', 'evaluation'];

/** Goes to a view and waits until it shows what it shows. */
async function visit(page, view) {
  await page.click(`[data-view-link="${view}"]`);
  if (view === 'queue') await page.waitForSelector('#queue dl div');
  if (view === 'models') await page.waitForSelector('.model');
  if (view === 'data') await page.waitForSelector('#data [data-place="sets"][aria-busy="false"]', { state: 'attached' });
  if (view === 'evaluation') await page.waitForSelector('[data-place="list"] > *');
  if (view === 'training') await page.waitForSelector('[data-place="jobs"] > *');
}

export function access(stage) {
  stage.it('can be used with the keyboard alone, and the focus is always to be seen', async page => {
    await page.evaluate(() => { document.activeElement.blur(); });
    await tabTo(page, 'seed');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('11');
    await tabTo(page, 'go');
    await page.keyboard.press('Enter');
    await ended(page);
    assert.deepEqual(await states(page), ['done', 'done']);
    assert.match(await page.textContent('.lane .status'), /seed 11/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'go');
    const last = await pixels(page);
    await tabTo(page, 'scrub');
    await page.keyboard.press('Home');
    assert.notDeepEqual(await pixels(page), last);
    await tabTo(page, 'a-steps');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('1000');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.lane[data-state="running"]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.lane[data-state="canceled"]');
  });

  stage.it('gives labels and pictures one stop each, with arrow keys inside', async page => {
    const at = () => page.evaluate(() => document.activeElement.closest('label')?.textContent ?? document.activeElement.getAttribute('aria-label'));
    await page.fill('#n', '6');
    await generate(page);
    await page.focus('.pill input');
    for (const key of ['ArrowRight', 'ArrowDown', 'Space']) await page.keyboard.press(key);
    assert.equal(await at(), '2');
    assert.deepEqual(await page.$$eval('.pill input', all => all.flatMap((box, i) => box.checked ? [] : [i])), [2]);
    await page.keyboard.press('End');
    assert.equal(await at(), '9');
    await page.keyboard.press('Tab');
    assert.equal(await at(), 'All labels or none');
    await page.focus('.tile');
    await page.keyboard.press('ArrowDown');
    assert.match(await at(), /^Picture 4/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    assert.match(await at(), /^Picture 4/);
  });

  stage.it('has addresses for its views, and moves the focus along', async page => {
    const state = () => page.evaluate(() => [location.hash, document.title, document.activeElement.id, document.querySelector('[aria-current]').textContent]);
    await visit(page, 'queue');
    assert.deepEqual(await state(), ['#/queue', 'Queue · Diffusion', 'queue-title', 'Queue']);
    await visit(page, 'models');
    await page.goBack();
    // the address is there before the page is told of it
    await page.waitForFunction(() => document.title === 'Queue · Diffusion');
    assert.deepEqual(await state(), ['#/queue', 'Queue · Diffusion', 'queue-title', 'Queue']);
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    assert.ok(await page.isVisible('#queue'));
    await page.evaluate(() => { document.activeElement.blur(); });
    await tabTo(page, 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.evaluate(() => { location.hash = '#/nowhere'; });
    await page.waitForSelector('#generate:not([hidden])');
  });

  stage.it('tells a screen reader the start and the end of a run, and nothing in between', async page => {
    await page.evaluate(() => {
      window.told = [];
      new MutationObserver(() => window.told.push(document.getElementById('announce').textContent)).observe(document.getElementById('announce'), { childList: true });
    });
    await generate(page);
    const told = await page.evaluate(() => window.told);
    assert.equal(told.length, 2);
    assert.equal(told[0], 'Generating');
    assert.match(told[1], /^DDIM: digits-ddpm v\d+.+\. DDDM: digits-dddm v\d+/);
    const live = await page.$$eval('[aria-live], [role="status"], [role="alert"], output', places => places.filter(place => place.checkVisibility()).map(place => place.id));
    assert.deepEqual(live, ['health', 'announce']);
  });

  for (const colorScheme of ['light', 'dark']) {
    stage.it(`has names, landmarks and contrast in every view, ${colorScheme}`, async page => {
      await page.$$eval('details', all => all.forEach(folded => { folded.open = true; }));
      assert.deepEqual(await audit(page), [], 'before a run');
      await page.fill('#a-steps', '1001');
      await generate(page);
      assert.deepEqual(await states(page), ['failed', 'done']);
      for (const view of views) {
        await visit(page, view);
        assert.deepEqual(await audit(page), [], view);
      }
      await visit(page, 'generate');
      await page.click('.lane:nth-child(2) .tile');
      assert.deepEqual(await audit(page), [], 'a picture seen large');
    }, { colorScheme });

    stage.it(`fits 360 px in every view, ${colorScheme}`, async page => {
      await page.$$eval('details', all => all.forEach(folded => { folded.open = true; }));
      assert.ok(await widest(page) <= 360);
      await page.fill('#n', '64');
      await page.fill('#a-steps', '1');
      await page.fill('#b-steps', '1001');
      await generate(page);
      assert.deepEqual(await states(page), ['done', 'failed']);
      for (const view of views) {
        await visit(page, view);
        assert.ok(await widest(page) <= 360, view);
      }
      await visit(page, 'generate');
      await page.click('.tile');
      assert.ok(await widest(page) <= 360, 'a picture seen large');
      const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).reduce((sum, c) => sum + Number(c), 0));
      assert.equal(ground > 382, colorScheme === 'light');
    }, { viewport: { width: 360, height: 740 }, colorScheme });
  }

  stage.it('keeps a chosen theme', async page => {
    await page.click('#theme');
    await page.reload();
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  }, { colorScheme: 'light' });

  it('has an API page without errors', async () => {
    const page = await open(stage.browser, `${stage.service.url}swagger/`);
    await page.waitForSelector('.opblock-summary-path');
    assert.match(await page.textContent('.swagger-ui'), /\/generate/);
    assert.deepEqual(page.complaints.filter(text => !text.startsWith('external')), []);
    await page.close();
  });
}
