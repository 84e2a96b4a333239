import assert from 'node:assert/strict';
import { audit, widest } from './audit.mjs';
import { Place } from './place.mjs';
import { Service } from './service.mjs';
import { open, states } from './stage.mjs';
import { pictures } from './zip.mjs';

const pixelsOf = page => page.$eval('.lane canvas', canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0));

/** A service without any model: what the page says then, and the way from a zip file to pictures. */
export function fromZip(stage) {
  stage.plain('from a zip file to pictures of a promoted model in five clicks, on a service that had no model', async () => {
    const place = await Place.empty(), service = await Service.start(place.settings, 'healthz/live');
    try {
      const page = await open(stage.browser, service.url);
      await page.waitForSelector('html[data-ready]');
      let clicks = 0;
      const click = async selector => { clicks++; await page.click(selector); };

      // what there is to see before there is a model, and where it leads
      assert.equal(await page.textContent('#health'), 'No model is published yet');
      assert.ok(await page.isVisible('#start'));
      assert.deepEqual(await audit(page), []);
      assert.deepEqual(await page.$$eval('#start a', all => all.map(link => link.getAttribute('href'))), ['#/data', '#/training', '#/models']);
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.waitForFunction(width => innerWidth === width, width);
        assert.ok(await widest(page) <= width);
      }
      await page.goto(`${service.url}#/data`);
      await page.waitForSelector('#data [data-place="sets"][aria-busy="false"]', { state: 'attached' });

      // a file that is dropped on the page
      const file = pictures().toString('base64');
      await page.$eval('#new-set', (form, file) => {
        const dropped = new DataTransfer();
        dropped.items.add(new File([Uint8Array.from(atob(file), c => c.charCodeAt(0))], 'Rooms.zip', { type: 'application/zip' }));
        form.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
      }, file);
      assert.equal(await page.inputValue('#new-name'), 'rooms');
      await page.fill('#new-size', '8');
      await page.selectOption('#new-channels', '1');
      await click('#new-go');
      await page.waitForFunction(() => document.querySelector('#data [data-place="said"]').textContent.includes('rooms is imported.'));

      await click('#train-rooms');
      await page.waitForFunction(() => document.getElementById('job-text').value.includes('"rooms"'));
      const job = JSON.parse(await page.inputValue('#job-text'));
      assert.deepEqual([job.name, job.model, job.data, job.network.imageSize, job.network.channels, job.network.classes], ['rooms', 'rooms', 'rooms', 8, 1, 2]);
      // a test has not the time for all of it
      Object.assign(job, { steps: 20, batch: 4, optimizer: { ...job.optimizer, warmup: 5 } });
      Object.assign(job.network, { modelChannels: 8 });
      await page.fill('#job-text', JSON.stringify(job));
      await click('#job-submit');
      await page.waitForSelector('#job-promote');
      await page.waitForFunction(() => /Statesucceeded/.test(document.querySelector('.job .figures').textContent));

      await click('#job-promote');
      await page.waitForSelector('#generate:not([hidden])');
      await page.waitForFunction(() => document.getElementById('a-model')?.value === 'rooms@prod');
      const aliases = await (await fetch(`${service.url}v1/models/rooms/aliases`)).json();
      assert.deepEqual(aliases.map(({ alias, version }) => [alias, version]), [['prod', 1]]);
      assert.match(await page.textContent('#health'), /^1 model ready$/);

      await page.fill('#a-steps', '2');
      await page.fill('#b-steps', '2');
      await click('#go');
      await page.waitForSelector('.lane[data-state="done"]');
      await page.waitForFunction(() => !document.getElementById('go').hidden);
      assert.equal((await states(page))[0], 'done');
      assert.match(await page.textContent('.lane .status'), /^rooms v1, /);
      const drawn = await pixelsOf(page);
      assert.equal(drawn.length, 64);
      assert.ok(new Set(drawn).size > 1, 'it is a picture');
      assert.equal(clicks, 5);
      assert.deepEqual(page.complaints, []);
      await page.close();
    } finally {
      await service.kill();
      await place.clear();
    }
  });
}
