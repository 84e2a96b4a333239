import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { audit, widest } from './audit.mjs';
import { tabTo } from './stage.mjs';
import { until } from './service.mjs';

const job = (name, fields = {}) => ({
  name, model: name, objective: { kind: 'dddm', memorySource: 'own' }, schedule: { name: 'cosine', steps: 20 },
  network: { imageSize: 8, channels: 1, classes: 2, modelChannels: 8, channelMultipliers: [1, 1], residualBlocks: 1, headChannels: 8 },
  data: 'tiny', batch: 4, steps: 100000, optimizer: { learningRate: 0.002, warmup: 10 }, every: { log: 5, sample: 50, validate: 50 }, sampling: { sampler: 'dddm', steps: 3 }, ...fields,
});

const visit = async page => {
  await page.click('[data-view-link="training"]');
  await page.waitForSelector('[data-place="jobs"] > *');
};

async function submit(page, file) {
  await page.click('#job-new summary');
  await page.fill('#job-text', JSON.stringify(file, null, 2));
  await page.click('#job-submit');
}

/** Until the job of that name is the one that is shown, and not the one before it. */
const appears = (page, name) => page.waitForFunction(wanted => document.getElementById('job-title')?.checkVisibility() && document.getElementById('job-title').textContent === wanted, name);

const shown = (page, state) => page.waitForFunction(wanted => new RegExp(wanted).test(document.querySelector('.job .figures')?.textContent ?? ''), state);
const label = (page, title) => page.evaluate(wanted => [...document.querySelectorAll('.course:not([hidden]) svg')].map(each => each.getAttribute('aria-label')).find(each => each.startsWith(wanted)), title);
const stepOf = async (page, title) => Number((await label(page, title))?.match(/over ([\d,]+) of/)?.[1].replaceAll(',', '') ?? 0);

/** Cancels what still runs, so that the next test has the device. */
async function cancelAll(service) {
  const { items } = await (await fetch(`${service.url}v1/training-jobs?limit=200`)).json();
  for (const { id } of items) await fetch(`${service.url}v1/training-jobs/${id}/cancel`, { method: 'POST' });
}

export function training(stage) {
  stage.it('shows what is wrong with a job file at the field, and queues it when it is right', async (page, { service }) => {
    await visit(page);
    await submit(page, job('page-wrong', { batch: 0, colour: 3, optimizer: { learningRate: 0.002, warmup: -1 } }));
    await page.waitForSelector('#job-wrong li');
    const wrong = await page.$$eval('#job-wrong button', all => all.map(each => each.textContent));
    assert.equal(wrong.length, 3);
    const chosen = () => page.$eval('#job-text', text => text.value.slice(text.selectionStart, text.selectionEnd));
    assert.equal(await chosen(), '"batch": 0');
    const lines = (await page.inputValue('#job-text')).split('\n');
    for (const [name, text] of [['optimizer.warmup', '"warmup": -1'], ['colour', '"colour": 3']]) {
      const told = wrong.find(each => each.startsWith(`${name}, line `));
      assert.ok(lines[Number(told.match(/line (\d+)/)[1]) - 1].includes(text), told);
      await page.click(`#job-wrong button:has-text("${name}, line")`);
      assert.equal(await chosen(), text);
      await page.keyboard.insertText(text === '"colour": 3' ? '"seed": 3' : '"warmup": 10');
    }
    await page.$eval('#job-text', text => { text.value = text.value.replace('"batch": 0', '"batch": 4'); });
    page.complaints.length = 0;
    await page.click('#job-submit');
    await appears(page, 'page-wrong');
    await shown(page, 'Statequeued|Staterunning');
    assert.match(page.url(), /#\/training\?id=\d{6}$/);
    await cancelAll(service);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('draws the curves and the samples of a job as it is trained, and does with it what it is told', async (page, { service }) => {
    await visit(page);
    await submit(page, job('page-live'));
    await appears(page, 'page-live');
    await shown(page, 'Staterunning');
    await page.waitForSelector('.samples:not([hidden])');
    await until(async () => await label(page, 'Sample variance') !== undefined, 'a validated step');
    for (const title of ['Loss', 'Learning rate', 'Images a second', 'Gradient norm', 'Copy score']) await until(() => label(page, title), `a curve of ${title}`);
    await until(async () => /training [\d.]+ now, validation [\d.]+ now/.test(await label(page, 'Loss')), 'both losses');
    // one line for each evaluation that the job samples with, after the first
    await until(async () => /: n = 2 [\d.]+ now, n = 3 [\d.]+ now, between/.test(await label(page, 'Change by one evaluation more')), 'both changes');
    // without anybody asking for it
    const before = await stepOf(page, 'Loss');
    await until(async () => await stepOf(page, 'Loss') > before, 'a later step');
    await page.waitForFunction(() => document.querySelector('.samples img').naturalWidth === 10 * 10 - 2 && document.querySelector('.strip-of-job').naturalHeight === 8 * 10 - 2);

    await page.click('#job-checkpoint');
    await page.waitForFunction(() => document.getElementById('job-said').textContent === 'It is saved.');
    await shown(page, 'Savedstep [1-9]');
    const grids = await page.$eval('#grid-step', slider => Number(slider.max));
    await page.click('#job-sample');
    await page.waitForFunction(had => Number(document.getElementById('grid-step').max) > had, grids);
    await page.focus('#grid-step');
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelector('.samples output').textContent === 'step 50');
    await page.click('#job-publish');
    await page.waitForFunction(() => /page-live v1 at step/.test(document.querySelector('.job').textContent));
    await page.fill('#job-rank', '7');
    await page.click('#job-rank-go');
    await page.waitForFunction(() => document.getElementById('job-said').textContent === 'Its priority is 7 now.');
    await page.click('#job-pause');
    await shown(page, 'Statepaused');
    await page.waitForSelector('#job-resume');
    await page.click('#job-clone');
    const copy = JSON.parse(await page.inputValue('#job-text'));
    assert.deepEqual([copy.name, copy.model, copy.every.validate], ['page-live-2', 'page-live', 50]);
    await page.click('#job-resume');
    await shown(page, 'Staterunning');
    await page.click('#job-cancel');
    await page.click('dialog button[value="yes"]');
    await shown(page, 'Statecancelled');
    await page.waitForSelector('#job-cancel', { state: 'detached' });
    await page.waitForFunction(() => /page-live.*cancelled/.test(document.querySelector('[data-place="jobs"]').textContent));
    assert.deepEqual(page.complaints, []);
    await cancelAll(service);
  });

  stage.it('goes on with the curves when the service was killed and is back', async (page, { service }) => {
    await visit(page);
    await submit(page, job('page-killed'));
    await appears(page, 'page-killed');
    await until(async () => await stepOf(page, 'Loss') > 20, 'some steps');
    await service.kill();
    const before = await stepOf(page, 'Loss');
    await service.start();
    await until(async () => await stepOf(page, 'Loss') > before, 'steps after the restart');
    await cancelAll(service);
    await shown(page, 'Statecancelled');
  });

  stage.it('offers the job files beside the models, and takes one from a file', async (page, { place }) => {
    await mkdir(`${place.models}/jobs`);
    await writeFile(`${place.models}/jobs/small.json`, JSON.stringify(job('small')));
    try {
      await visit(page);
      await page.click('#job-new summary');
      await page.waitForFunction(() => document.querySelectorAll('#job-template option').length === 2);
      await page.selectOption('#job-template', 'small');
      assert.equal(JSON.parse(await page.inputValue('#job-text')).name, 'small');
      await page.setInputFiles('#job-file', { name: 'mine.json', mimeType: 'application/json', buffer: Buffer.from('{ "name": "mine" }') });
      await page.waitForFunction(() => document.getElementById('job-text').value === '{ "name": "mine" }');
    } finally {
      await rm(`${place.models}/jobs`, { recursive: true });
    }
    assert.deepEqual(page.complaints, []);
  });

  for (const colorScheme of ['light', 'dark']) stage.it(`is for everybody, with the keyboard alone and at 360 px, ${colorScheme}`, async (page, { service }) => {
    await visit(page);
    await page.focus('#training-title');
    await page.evaluate(() => { document.activeElement.blur(); });
    await page.focus('#job-new summary');
    await page.keyboard.press('Enter');
    await tabTo(page, 'job-text');
    await page.keyboard.insertText(JSON.stringify(job(`page-${colorScheme}`)));
    await tabTo(page, 'job-submit');
    await page.keyboard.press('Enter');
    await appears(page, `page-${colorScheme}`);
    await shown(page, 'Staterunning');
    await page.waitForSelector('.samples:not([hidden])');
    await page.$$eval('details', all => all.forEach(folded => { folded.open = true; }));
    assert.deepEqual(await audit(page), []);
    assert.ok(await widest(page) <= 360);
    await tabTo(page, 'job-pause');
    await page.keyboard.press('Enter');
    await shown(page, 'Statepaused');
    assert.deepEqual(await audit(page), []);
    await cancelAll(service);
  }, { colorScheme, viewport: { width: 360, height: 780 } });
}
