import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as signalR from '@microsoft/signalr';
import { Service, until } from './service.mjs';

describe('the hub, from Node', () => {
  let service, hub;
  before(async () => {
    service = await Service.start();
    hub = new signalR.HubConnectionBuilder().withUrl(`${service.url}hubs/generation`).configureLogging(signalR.LogLevel.None).build();
    await hub.start();
  });
  after(async () => { await hub?.stop(); await service?.kill(); });

  const collect = request => new Promise((resolve, reject) => {
    const events = [];
    hub.stream('Generate', request).subscribe({ next: event => events.push(event), complete: () => resolve(events), error: reject });
  });

  it('streams queued, started, frames in the order of the steps, completed', async () => {
    const events = await collect({ sampler: 'ddim', steps: 4, n: 2, seed: '18014398509481985', label: [3, 5] });
    const types = events.map(event => event.type);
    assert.deepEqual(types.filter(type => type !== 'frame'), ['queued', 'started', 'completed']);
    assert.equal(types.at(-1), 'completed');
    assert.deepEqual(events.filter(event => event.type !== 'frame').map(event => event.sequence), [1, 2, 3]);
    for (const sample of [0, 1]) {
      const frames = events.filter(event => event.type === 'frame' && event.sample === sample);
      assert.equal(frames.at(-1).step, 4);
      const steps = frames.map(frame => frame.step);
      assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b));
      assert.equal(frames.length + frames.reduce((sum, frame) => sum + frame.dropped, 0), 4);
      for (const { width, height, channels, noisy, clean } of frames)
        for (const pixels of [noisy, clean]) assert.equal(Buffer.from(pixels, 'base64').length, width * height * channels);
    }
  });

  it('leaves out what the caller does not want', async () => {
    const events = await collect({ sampler: 'ddim', steps: 4, seed: 1, frames: { every: 2, noisy: false } });
    const frames = events.filter(event => event.type === 'frame');
    assert.ok(frames.every(frame => frame.step % 2 === 0 && frame.noisy === undefined && frame.clean));
  });

  it('refuses with the problem that HTTP answers with', async () => {
    const error = await collect({ steps: 0, sampler: 'nope' }).then(() => assert.fail('it was accepted'), refused => refused);
    const problem = JSON.parse(error.message.slice(error.message.indexOf('{')));
    const answer = await fetch(`${service.url}generate?steps=0&sampler=nope`, { method: 'POST' });
    const { type, title, status, detail, errors } = await answer.json();
    assert.deepEqual({ type: problem.type, title: problem.title, status: problem.status, detail: problem.detail, errors: problem.errors }, { type, title, status, detail, errors });
  });

  it('cancels when the stream is given up', async () => {
    await new Promise((resolve, reject) => {
      const subscription = hub.stream('Generate', { sampler: 'ddim', steps: 1000, n: 8 }).subscribe({
        next: event => { if (event.type === 'frame') { subscription.dispose(); resolve(); } },
        complete: () => reject(new Error('it ended by itself')), error: reject,
      });
    });
    await until(async () => {
      const queue = await (await fetch(`${service.url}v1/queue`)).json();
      return queue.generations === 0 && queue.rowsWaiting === 0;
    }, 'an empty queue');
  });

  it('cancels by id', async () => {
    const events = [];
    await new Promise((resolve, reject) => hub.stream('Generate', { sampler: 'ddim', steps: 1000, n: 8 }).subscribe({
      next: event => { events.push(event); if (event.type === 'started') hub.invoke('Cancel', event.id).catch(reject); },
      complete: resolve, error: reject,
    }));
    assert.equal(events.at(-1).type, 'canceled');
  });
});
