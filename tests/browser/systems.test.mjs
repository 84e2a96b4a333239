// Every way of making pictures, seen at work in the page: the real service, the shipped models, a few steps each.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { audit, widest } from './audit.mjs';
import { Service } from './service.mjs';
import { generate, launch, openStage, pixels, states } from './stage.mjs';
import { choose, systems } from './systems.mjs';

/** The pictures as rows of grey, 0..1. */
const greys = async page => (await pixels(page)).map(text => text.split(',').filter((_, i) => i % 3 === 0).map(value => value / 255));

/** Mean difference of neighbours: large for noise, small for a drawing on black. */
const roughness = grey => grey.slice(1).reduce((sum, value, i) => sum + Math.abs(value - grey[i]), 0) / (grey.length - 1);

const share = (grey, is) => grey.filter(is).length / grey.length;

/** The selects that are shown and do not show the whole of what is chosen. */
const cut = page => page.$$eval('#form select', all => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d'), edges = 40; // px: padding and the arrow
  return all.filter(select => select.checkVisibility()).filter(select => {
    pen.font = getComputedStyle(select).font;
    return pen.measureText(select.selectedOptions[0].text).width + edges > select.clientWidth;
  }).map(select => `${select.id}, ${select.value}`);
});

describe('in the page', () => {
  let service, browser, page;
  before(async () => {
    [service, browser] = await Promise.all([Service.start(), launch()]);
    page = await openStage(browser, service);
    await page.click('.lane:nth-child(2) [data-do="remove"]');
  });
  after(async () => { await browser?.close(); await service?.kill(); });

  /** What the page says of the field of that id. */
  const says = async id => {
    await page.waitForSelector(`[id="${id}-error"]`, { state: 'visible' });
    return page.textContent(`[id="${id}-error"]`);
  };

  it('every sampler and every way to guide it is seen at work', async test => {
    const every = await systems(service.url), seen = new Map();
    for (const system of every) await test.test(system.name, async () => {
      const { model, sampler, steps, options, shared } = system;
      await choose(page, system, steps);
      await generate(page);
      assert.deepEqual(await states(page), ['done'], await page.textContent('#form'));
      assert.equal(await page.textContent('.progress'), `${steps} / ${steps}`);

      const drawn = await pixels(page), last = await greys(page);
      for (const grey of last) {
        assert.ok(share(grey, value => value > 0.6) > 0.015, 'something is drawn');
        assert.ok(share(grey, value => value < 0.4) > 0.5, 'on black');
      }
      if (steps > 1) {
        await page.$eval('#scrub', slider => { slider.value = 1; slider.dispatchEvent(new Event('input')); });
        (await greys(page)).forEach((first, i) => {
          assert.ok(roughness(last[i]) < roughness(first) / 2, `from noise, ${roughness(first)}, to a picture, ${roughness(last[i])}`);
        });
      }
      // from the same noise to another picture than any of the others: what was chosen has been done
      assert.equal(seen.get(drawn.join('|')), undefined);
      seen.set(drawn.join('|'), system.name);

      assert.equal(await page.textContent('.lane h2'), sampler.toUpperCase());
      assert.match(await page.textContent('.lane .status'), new RegExp(`^${model} v\\d+, ${sampler}, seed 7, `));
      const asked = new URL((await page.textContent('.lane .curl')).match(/'(.+)'/)[1]).searchParams;
      assert.equal(asked.get('sampler'), sampler);
      for (const [name, value] of Object.entries({ ...options, ...shared })) assert.equal(asked.get(name), String(value), name);
    });
    const samplers = await (await fetch(`${service.url}v1/samplers`)).json();
    assert.deepEqual(new Set(every.map(({ sampler }) => sampler)), new Set(samplers.map(({ name }) => name)));
    assert.deepEqual(page.complaints, []);
  });

  it('what is chosen can be read, on a phone and on a desk', async () => {
    const every = await systems(service.url);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      for (const system of every) {
        await choose(page, system, system.usual);
        assert.deepEqual(await cut(page), [], `${system.name} at ${width}`);
        assert.ok(await widest(page) <= width, `${system.name} at ${width}`);
      }
    }
    const tops = await page.$$eval('.lane .choices :is(select, input)', all => all.map(field => field.getBoundingClientRect().top));
    assert.equal(new Set(tops).size, 1, 'model, sampler and steps stand side by side');
  });

  it('a sampler that the model cannot be served by is shown as such, with the models that can', async () => {
    await page.selectOption('#a-model', 'digits-ddpm');
    const samplers = await (await fetch(`${service.url}v1/samplers`)).json(), others = samplers.filter(({ models }) => !models.includes('digits-ddpm'));
    assert.equal(await page.getAttribute('#a-sampler optgroup', 'label'), 'Not for digits-ddpm');
    assert.deepEqual(await page.$$eval('#a-sampler option:disabled', all => all.map(option => [option.value, option.textContent, option.title])),
      others.map(({ name, models, fits }) => [name, `${name}: ${models.join(', ')}`, fits.find(({ model }) => model === 'digits-ddpm').reason]));
    assert.ok(others.some(({ name }) => name === 'dddm'));
    assert.deepEqual(await page.$$eval('#a-sampler option:enabled', all => all.map(option => option.value)), samplers.filter(each => !others.includes(each)).map(({ name }) => name));
  });

  it('what does not go together is said at the field, with what would', async () => {
    const wrong = async (system, field) => {
      await choose(page, { model: 'digits-ddpm', sampler: 'ddim', options: {}, shared: {}, ...system }, 2);
      await generate(page);
      assert.deepEqual(await states(page), ['failed']);
      return says(field);
    };
    const guided = { shared: { classifier: 'digits-noisy-classifier' } };
    assert.match(await wrong({ model: 'digits-dddm', sampler: 'dddm', ...guided }, 'classifier'), /'dddm' takes no classifier; ddim, .+ do\./);
    assert.match(await wrong({ model: 'faces-ddpm', ...guided }, 'classifier'), /none that is here fits model 'faces-ddpm'/);
    assert.match(await wrong({ sampler: 'ddpm', options: { variance: 'learned' } }, 'a-variance'), /auto, small or large for this model/);
    assert.match(await wrong({ shared: { guidanceRescale: 0.7 } }, 'guidanceRescale'), /give a label and guidance, or leave it out/);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await audit(page), []);
      assert.ok(await widest(page) <= width);
    }
    assert.deepEqual(page.complaints, []);
  });
});
