import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Service } from './service.mjs';
import { ended, generate, launch, open, openStage, pixels, states, tabTo } from './stage.mjs';

describe('the page for everybody', () => {
  let service, browser;
  before(async () => { [service, browser] = await Promise.all([Service.start(), launch()]); });
  after(async () => { await browser?.close(); await service?.kill(); });

  it('can be used with the keyboard alone, and the focus is always to be seen', async () => {
    const page = await openStage(browser, service);
    await page.evaluate(() => { document.activeElement.blur(); });
    await tabTo(page, 'seed');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('11');
    await tabTo(page, 'compare');
    await page.keyboard.press('Space');
    await tabTo(page, 'go');
    await page.keyboard.press('Enter');
    await ended(page);
    assert.deepEqual(await states(page), ['done']);
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
    await page.close();
  });

  it('tells a screen reader the start and the end of a run, and nothing in between', async () => {
    const page = await openStage(browser, service);
    await page.evaluate(() => {
      window.told = [];
      new MutationObserver(() => window.told.push(document.getElementById('announce').textContent)).observe(document.getElementById('announce'), { childList: true });
    });
    await generate(page);
    const told = await page.evaluate(() => window.told);
    assert.equal(told.length, 2);
    assert.equal(told[0], 'Generating');
    assert.match(told[1], /^DDIM: digits-ddpm v\d+.+\. DDDM: digits-dddm v\d+/);
    assert.deepEqual(await page.$$eval('[aria-live], [role="status"], [role="alert"], output', places => places.map(place => place.id)), ['health', 'form-error', 'announce']);
    await page.close();
  });

  it('names every control', async () => {
    const page = await openStage(browser, service);
    const nameless = await page.$$eval('input, select, button, a, canvas', all => all
      .filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim()))
      .map(e => e.outerHTML));
    assert.deepEqual(nameless, []);
    await page.close();
  });

  for (const colorScheme of ['light', 'dark']) {
    it(`fits 360 px, ${colorScheme}, before and after a run`, async () => {
      const page = await openStage(browser, service, { viewport: { width: 360, height: 740 }, colorScheme });
      const widest = () => page.evaluate(() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *:not(.visually-hidden)')].map(e => e.getBoundingClientRect().right)));
      await page.$$eval('details', all => all.forEach(folded => { folded.open = true; }));
      assert.ok(await widest() <= 360);
      await page.fill('#n', '64');
      await page.fill('#a-steps', '1');
      await page.fill('#b-steps', '1001');
      await generate(page);
      assert.deepEqual(await states(page), ['done', 'failed']);
      assert.ok(await widest() <= 360);
      const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).reduce((sum, c) => sum + Number(c), 0));
      assert.equal(ground > 382, colorScheme === 'light');
      await page.close();
    });
  }

  it('keeps a chosen theme', async () => {
    const page = await openStage(browser, service, { colorScheme: 'light' });
    await page.click('#theme');
    await page.reload();
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
    await page.close();
  });

  it('has an API page without errors', async () => {
    const page = await open(browser, `${service.url}swagger/`);
    await page.waitForSelector('.opblock-summary-path');
    assert.match(await page.textContent('.swagger-ui'), /\/generate/);
    assert.deepEqual(page.complaints.filter(text => !text.startsWith('external')), []);
    await page.close();
  });
});
