import assert from 'node:assert/strict';
import { audit, widest } from './audit.mjs';
import { until } from './service.mjs';

const model = 'digits-ddpm';

export function evaluation(stage) {
  const path = name => `${stage.service.url}v1/models/${model}/versions/${stage.version}${name}`;
  const attach = (id, sampler, steps, metrics, more = {}) => fetch(path('/results'), {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, metrics, settings: { sampler, steps: String(steps), guidance: '1', ...more } }),
  });
  const visit = async page => {
    await page.click('[data-view-link="evaluation"]');
    await page.waitForSelector('[data-place="list"] > *');
    await page.selectOption('#quality-model', model);
  };
  /** Waits for the evaluation that has just been asked for. */
  const measured = async page => {
    await page.waitForFunction(() => /is queued/.test(document.getElementById('announce').textContent));
    const last = async () => (await (await fetch(`${stage.service.url}v1/evaluations?limit=1`)).json()).items[0];
    const done = await until(async () => { const one = await last(); return ['succeeded', 'failed'].includes(one.state) && one; }, 'the evaluation to end');
    assert.equal(done.state, 'succeeded', done.error);
  };

  stage.it('draws quality over evaluations, one line for each sampler', async page => {
    stage.version = (await (await fetch(`${stage.service.url}v1/models/${model}`)).json()).version;
    for (const [id, sampler, steps, value] of [['a', 'ddim', 5, 9], ['b', 'ddim', 10, 4], ['c', 'ddim', 20, 2], ['d', 'ddpm', 10, 8], ['e', 'ddpm', 20, 3]])
      assert.equal((await attach(`page-${id}`, sampler, steps, { frechet: value, 'label-accuracy': 1 - value / 10 })).status, 200);
    await page.click('[data-view-link="evaluation"]');
    // of the model that is there first, drawn as wide as there is room from the beginning
    const tick = await (await page.waitForSelector('.plot .tick')).boundingBox();
    assert.ok(tick.height >= 12 && tick.height < 24, `${tick.height} px`);
    await visit(page);
    await page.selectOption('#quality-figure', 'frechet');
    await page.waitForSelector('.plot [data-line="ddim"]');
    assert.deepEqual(await page.$$eval('.plot [data-line]', all => all.map(line => [line.dataset.line, line.querySelectorAll('.dot').length])), [['ddim', 3], ['ddpm', 2]]);
    assert.match(await page.getAttribute('.plot svg', 'aria-label'), /frechet .* ddim 9 at 5, 4 at 10, 2 at 20; ddpm 8 at 10, 3 at 20/);
    // the better is lower: the line falls from left to right
    const places = await page.$$eval('.plot [data-line="ddim"] > g', all => all.map(dot => dot.getAttribute('transform').match(/[\d.]+/g).map(Number)));
    assert.ok(places[0][0] < places[1][0] && places[1][0] < places[2][0] && places[0][1] < places[1][1] && places[1][1] < places[2][1]);
    // doubling is one stride
    assert.ok(Math.abs((places[1][0] - places[0][0]) - (places[2][0] - places[1][0])) < 0.2);
    // each line has a colour of its own, that of its points
    const colours = await page.$$eval('.plot [data-line]', all => all.map(line => ['.curve', '.dot'].map(part => getComputedStyle(line.querySelector(part)).stroke)));
    assert.deepEqual(colours.map(([line, dot]) => line === dot), [true, true]);
    assert.notEqual(colours[0][0], colours[1][0]);
    // what is measured again takes the place of what was
    await attach('page-f', 'ddim', 20, { frechet: 1 });
    await page.waitForFunction(() => /1 at 20; ddpm/.test(document.querySelector('.plot svg').getAttribute('aria-label')));
    await page.selectOption('#quality-figure', 'label-accuracy');
    await page.waitForFunction(() => document.querySelector('.plot figcaption').textContent === 'label-accuracy');
    assert.deepEqual(await audit(page), []);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('says at the field what cannot be measured', async page => {
    await visit(page);
    await page.fill('#evaluate-steps', '5, 100000');
    await page.fill('#evaluate-data', 'nowhere');
    await page.click('#evaluate-go');
    await page.waitForFunction(() => !document.getElementById('evaluate-steps-error').hidden);
    assert.match(await page.textContent('#evaluate-steps-error'), /whole numbers/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'evaluate-steps');
    await page.fill('#evaluate-steps', '5');
    await page.click('#evaluate-go');
    await page.waitForFunction(() => !document.getElementById('evaluate-data-error').hidden);
    assert.match(await page.textContent('#evaluate-data-error'), /no image set 'nowhere'/);
    await page.uncheck('[name="evaluate-samplers"][value="ddim"]', { force: true });
    await page.click('#evaluate-go');
    await page.waitForFunction(() => !document.getElementById('evaluate-samplers-error').hidden);
  });

  stage.it('measures the likelihood when it is chosen: the bound of the chain, and that of the flow', async page => {
    await visit(page);
    const picks = (name, ...values) => page.$$eval(`[name="evaluate-${name}"]`, (all, wanted) => all.forEach(box => { box.checked = wanted.includes(box.value); }), values);
    await picks('metrics', 'nll', 'nll.ode');
    await page.fill('#evaluate-steps', '2');
    await page.fill('#evaluate-samples', '2');
    await page.fill('#evaluate-data', stage.place.rows);
    await page.click('#evaluate-go');
    await page.waitForSelector('#evaluate-metrics-error:not([hidden])');
    assert.match(await page.textContent('#evaluate-metrics-error'), /'nll' needs the sampler ddpm/);
    await picks('samplers', 'ddpm');
    await page.click('#evaluate-go');
    await measured(page);
    for (const figure of ['nll.small', 'nll.ode']) {
      await page.waitForFunction(name => [...document.getElementById('quality-figure').options].some(({ value }) => value === name), figure);
      await page.selectOption('#quality-figure', figure);
      await page.waitForFunction(name => document.querySelector('.plot figcaption').textContent === name, figure);
      assert.match(await page.getAttribute('.plot svg', 'aria-label'), /ddpm [\d.,]+ at 2/);
    }
  });

  stage.it('starts an evaluation, shows how far it is, and draws what it measures', async page => {
    await visit(page);
    await page.fill('#evaluate-steps', '1, 2');
    await page.fill('#evaluate-samples', '4');
    await page.fill('#evaluate-data', stage.place.rows);
    await page.click('#evaluate-go');
    await measured(page);
    await page.waitForFunction(() => document.querySelector('#table-evaluations tbody tr').textContent.includes('succeeded'));
    await page.selectOption('#quality-figure', 'nearest-image');
    await page.waitForFunction(() => / at 1, .* at 2/.test(document.querySelector('.plot svg').getAttribute('aria-label')));
    for (const size of [360, 1440]) {
      await page.setViewportSize({ width: size, height: 800 });
      await page.waitForFunction(width => innerWidth === width, size);
      assert.ok(await widest(page) <= size, `${size}`);
      // words stay as large as they are; a plot is drawn anew when it is looked at next
      await page.waitForFunction(() => document.querySelector('.plot .tick').getBoundingClientRect().height >= 12);
    }
  });
}
