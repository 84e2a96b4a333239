import assert from 'node:assert/strict';
import { generate, pixels, states } from './stage.mjs';

export function compare(stage) {
  const titles = page => page.$$eval('.lane h2', all => all.map(title => title.textContent));

  stage.it('two settings from the same noise: the same sampler twice gives the same pictures', async page => {
    await page.selectOption('#b-model', await page.inputValue('#a-model'));
    await page.selectOption('#b-sampler', 'ddim');
    await page.fill('#b-steps', '5');
    // the same bits, whoever else is in the batch: one of the two begins a tick earlier, or not
    await page.click('#more summary');
    await page.selectOption('#determinism', 'strict');
    await generate(page);
    const all = await pixels(page);
    assert.deepEqual(all.slice(0, 2), all.slice(2));
    assert.deepEqual(await titles(page), ['DDIM', 'DDIM']);
  });

  stage.it('up to four settings; each new one begins with a sampler that is not there yet', async page => {
    await page.click('#add');
    await page.click('#add');
    assert.equal(new Set(await titles(page)).size, 4);
    assert.ok(await page.isDisabled('#add'));
    for (const key of 'abcd') await page.fill(`#${key}-steps`, '2');
    await generate(page);
    assert.deepEqual(await states(page), ['done', 'done', 'done', 'done']);
    await page.click('.lane:nth-child(2) [data-do="remove"]');
    assert.equal((await titles(page)).length, 3);
    assert.ok(await page.isEnabled('#add'));
    await page.click('.lane:nth-child(1) [data-do="remove"]');
    await page.click('.lane:nth-child(1) [data-do="remove"]');
    assert.ok(await page.isHidden('[data-do="remove"]'), 'the last one stays');
  });

  stage.it('offers what the sampler declares, and sends what differs from its default', async (page, { service }) => {
    const samplers = await (await fetch(`${service.url}v1/samplers`)).json();
    const models = await (await fetch(`${service.url}v1/models`)).json();
    const { samplers: able } = models.find(model => model.name === 'digits-ddpm');
    for (const { name, options } of samplers.filter(sampler => able.includes(sampler.name))) {
      await page.selectOption('#a-sampler', name);
      for (const option of options) assert.equal(await page.$eval(`#a-${option.name}`, input => input.tagName), option.choices ? 'SELECT' : 'INPUT');
      assert.equal(await page.$$eval('.lane:first-child .options input, .lane:first-child .options select', all => all.length), options.length);
    }
    await page.selectOption('#a-sampler', 'ddim');
    await page.fill('#a-steps', '4');
    await generate(page);
    assert.doesNotMatch(await page.textContent('.curl'), /eta/);
    const plain = await pixels(page);
    await page.click('.lane:first-child summary');
    await page.fill('#a-eta', '1');
    await generate(page);
    assert.match(await page.textContent('.curl'), /eta=1/);
    assert.notEqual((await pixels(page))[0], plain[0]);
  });
}
