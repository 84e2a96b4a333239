// Real clients of the streams: curl, @microsoft/signalr under Node, and EventSource, WebSocket and SignalR in a browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as signalR from '@microsoft/signalr';
import { Place } from './place.mjs';
import { Service, until } from './service.mjs';
import { launch, open } from './stage.mjs';

const run = promisify(execFile);
const long = { sampler: 'ddpm', steps: 1000, n: 4 };

describe('streams', () => {
  let place, service, browser, page;
  before(async () => {
    place = await Place.make();
    [service, browser] = await Promise.all([Service.start(place.settings), launch()]);
    page = await open(browser, `${service.url}openapi/v1.json`);
  });
  after(async () => {
    await browser?.close();
    await service?.kill();
    await place?.clear();
  });

  const api = async (path, options) => {
    const answer = await fetch(service.url + path, options);
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const keep = async (request, prefer = 'respond-async') => (await (await api('v1/generations', {
    method: 'POST', headers: { 'content-type': 'application/json', prefer }, body: JSON.stringify(request),
  })).json()).id;
  const cancel = id => fetch(`${service.url}v1/generations/${id}/cancel`, { method: 'POST' });
  const connected = async () => {
    const hub = new signalR.HubConnectionBuilder().withUrl(`${service.url}hubs/generation`).configureLogging(signalR.LogLevel.None).build();
    await hub.start();
    return hub;
  };
  const read = (hub, ...call) => new Promise((resolve, reject) => {
    const events = [];
    hub.stream(...call).subscribe({ next: event => events.push(event), complete: () => resolve(events), error: reject });
  });
  const types = events => events.map(event => event.type).filter(type => type !== 'frame');

  describe('to curl', () => {
    it('tells the whole story as server-sent events', async () => {
      const id = await keep({ steps: 30, n: 2 });
      const { stdout } = await run('curl', ['-sN', `${service.url}v1/generations/${id}/events?frames=every:10&kinds=x0`], { maxBuffer: 1 << 26 });
      const blocks = stdout.split('\n\n').map(block => Object.fromEntries(block.split('\n').filter(line => /^(event|id|data)/.test(line))
        .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))).filter(block => block.event);
      assert.deepEqual(blocks.map(block => block.event).filter(event => event !== 'generation.frame'), ['generation.queued', 'generation.started', 'generation.completed']);
      assert.deepEqual(blocks.map(block => block.id).filter(Boolean), ['1', '2', '3']);
      const frames = blocks.filter(block => block.event === 'generation.frame').map(block => JSON.parse(block.data));
      assert.ok(frames.every(frame => frame.step % 10 === 0 && frame.clean && !frame.noisy));
      assert.deepEqual(new Set(frames.filter(frame => frame.step === 30).map(frame => frame.sample)), new Set([0, 1]));
    });

    it('goes on after the last event that was seen, and ends with 204', async () => {
      const id = await keep({ steps: 2 }, 'wait=60');
      const { stdout } = await run('curl', ['-sN', '-H', 'Last-Event-ID: 2', `${service.url}v1/generations/${id}/events`]);
      assert.deepEqual(stdout.match(/^event: .*$/gm), ['event: generation.completed']);
      const over = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Last-Event-ID: 3', `${service.url}v1/generations/${id}/events`]);
      assert.equal(over.stdout, '204');
    });
  });

  describe('to SignalR under Node', () => {
    it('replays the events of another connection from a sequence', async () => {
      const hub = await connected();
      const id = await keep({ steps: 30 });
      const watching = read(hub, 'Watch', id, 0);
      assert.deepEqual(types(await watching), ['queued', 'started', 'completed']);
      assert.deepEqual(types(await read(hub, 'Watch', id, 2)), ['started', 'completed']);
      assert.deepEqual(types(await read(hub, 'Watch', id, 99)), ['completed']);
      await hub.stop();
    });

    it('sends other frames when asked to', async () => {
      const hub = await connected();
      const id = await keep(long);
      const frame = await new Promise((resolve, reject) => hub.stream('Watch', id, 0).subscribe({
        next: event => {
          if (event.type === 'started') hub.invoke('SetFrameOptions', id, { every: 7, kinds: ['x0'], samples: [2] }).catch(reject);
          if (event.type === 'frame' && !event.noisy) resolve(event);
        },
        complete: () => reject(new Error('it ended')), error: reject,
      }));
      assert.equal(frame.step % 7, 0);
      assert.equal(frame.sample, 2);
      await hub.invoke('Cancel', id);
      await until(async () => (await (await api(`v1/generations/${id}`)).json()).state === 'canceled', 'the end');
      await hub.stop();
    });

    it('keeps a durable generation going when its watcher goes', async () => {
      const hub = await connected();
      const id = await keep({ ...long, steps: 300 });
      await new Promise((resolve, reject) => hub.stream('Watch', id, 0).subscribe({ next: event => { if (event.type === 'frame') resolve(); }, complete: reject, error: reject }));
      await hub.stop();
      await until(async () => (await (await api(`v1/generations/${id}`)).json()).state === 'succeeded', 'its end');
    });
  });

  describe('to a browser', () => {
    it('as an EventSource, which comes back by itself and stops at the end', async () => {
      const id = await keep({ steps: 40, n: 2 });
      const seen = await page.evaluate(address => new Promise((resolve, reject) => {
        const seen = [], source = new EventSource(address);
        for (const type of ['queued', 'started', 'frame', 'completed', 'failed', 'canceled'])
          source.addEventListener(`generation.${type}`, event => seen.push({ type, id: event.lastEventId, sequence: JSON.parse(event.data).sequence }));
        // the connection ends after the last event; the next one is answered 204 and closes the source
        source.onerror = () => { if (source.readyState === EventSource.CLOSED) resolve(seen); };
        setTimeout(() => reject(new Error('it never closed')), 60_000);
      }), `${service.url}v1/generations/${id}/events?kinds=x0`);
      assert.deepEqual(types(seen), ['queued', 'started', 'completed']);
      assert.ok(seen.every(event => event.id === String(event.sequence)));
    });

    it('as a WebSocket with binary frames', async () => {
      const request = { steps: 5, n: 2, seed: 3 };
      const got = await page.evaluate(([address, request]) => new Promise((resolve, reject) => {
        const types = [], frames = [], socket = new WebSocket(address);
        socket.binaryType = 'arraybuffer';
        socket.onopen = () => socket.send(JSON.stringify({ generate: { ...request, frames: { kinds: ['x_t'] } } }));
        socket.onmessage = ({ data }) => {
          if (typeof data === 'string') return types.push(JSON.parse(data).type);
          const header = new DataView(data);
          frames.push({ version: header.getUint8(0), kind: header.getUint8(1), width: header.getUint16(4, true), sample: header.getUint32(8, true),
            step: header.getUint32(12, true), pixels: [...new Uint8Array(data, 24)] });
        };
        socket.onclose = ({ code, reason }) => resolve({ types, frames, code, reason });
        socket.onerror = () => reject(new Error('the connection failed'));
      }), [`${service.url.replace('http', 'ws')}v1/stream`, request]);
      assert.deepEqual([got.types, got.code, got.reason], [['queued', 'started', 'completed'], 1000, 'completed']);
      const pictures = Buffer.from(await (await api(`generate?steps=5&n=2&seed=3&format=u8`, { method: 'POST' })).arrayBuffer());
      for (const sample of [0, 1]) {
        const last = got.frames.filter(frame => frame.sample === sample).at(-1);
        assert.deepEqual([last.version, last.kind, last.width, last.step], [1, 0, 32, 5]);
        assert.deepEqual(Buffer.from(last.pixels), pictures.subarray(1024 * sample, 1024 * (sample + 1)));
      }
    });

    it('as SignalR', async () => {
      const stage = await open(browser, service.url);
      const seen = await stage.evaluate(async () => {
        const hub = new signalR.HubConnectionBuilder().withUrl('hubs/generation').configureLogging(signalR.LogLevel.None).build();
        await hub.start();
        const events = await new Promise((resolve, reject) => {
          const events = [];
          hub.stream('Generate', { steps: 4, seed: '1', frames: { atSteps: [4], kinds: ['x0'] } }).subscribe({ next: event => events.push(event), complete: () => resolve(events), error: reject });
        });
        await hub.stop();
        return events;
      });
      assert.deepEqual(types(seen), ['queued', 'started', 'completed']);
      assert.deepEqual(seen.filter(event => event.type === 'frame').map(event => [event.step, !!event.clean, !!event.noisy]), [[4, true, false]]);
      await stage.close();
    });

    it('as films that it can play', async () => {
      const id = await keep({ steps: 6, seed: 1, frames: 'every:2', kinds: 'x0' }, 'wait=60');
      const stage = await open(browser, service.url);
      for (const format of ['gif', 'apng']) {
        const shown = await stage.evaluate(async address => {
          const answer = await fetch(address);
          const decoder = new ImageDecoder({ data: answer.body, type: answer.headers.get('content-type') === 'image/apng' ? 'image/png' : 'image/gif' });
          await decoder.completed;
          const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
          const { image } = await decoder.decode({ frameIndex: frameCount - 1 });
          return { frameCount, forever: repetitionCount === Infinity, width: image.displayWidth, duration: image.duration };
        }, `v1/generations/${id}/frames?format=${format}&scale=2`);
        assert.deepEqual(shown, { frameCount: 3, forever: true, width: 64, duration: 1_500_000 });
      }
      await stage.close();
    });
  });

  it('take no memory for readers that never read', async () => {
    const memory = async () => Number((await readFile(`/proc/${service.pid}/status`, 'utf8')).match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;
    // the same batch once before, read to its end: what the network needs for 32 rows is no reader's
    const first = await keep({ sampler: 'ddpm', steps: 20, n: 32 });
    await (await api(`v1/generations/${first}/events`)).text();
    const before = await memory();
    const id = await keep({ sampler: 'ddpm', steps: 150, n: 32 });
    // all frames for all of them would be 40 x 150 x 32 x 2.8 kB = 540 MB
    const sockets = Array.from({ length: 40 }, () => {
      const socket = connect(service.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.pause();
      socket.write(`GET /v1/generations/${id}/events HTTP/1.1\r\nHost: 127.0.0.1:${service.port}\r\n\r\n`);
      return socket;
    });
    let most = 0;
    await until(async () => {
      most = Math.max(most, await memory());
      return (await (await api(`v1/generations/${id}`)).json()).state === 'succeeded';
    }, 'the end', 240_000);
    for (const socket of sockets) socket.destroy();
    assert.ok(most - before < 250, `${most - before} MB`);
  });

  it('are found again after a restart, as far as they were kept', async () => {
    const id = await keep({ steps: 4, seed: 8, frames: 'all' }, 'wait=60');
    const films = () => Promise.all(['gif', 'apng', 'npz'].map(async format => Buffer.from(await (await api(`v1/generations/${id}/frames?format=${format}`)).arrayBuffer())));
    const first = await films();
    await service.kill();
    await service.start();
    assert.deepEqual(await films(), first);
    const hub = await connected();
    assert.deepEqual(types(await read(hub, 'Watch', id, 0)), ['queued', 'started', 'completed']);
    await hub.stop();
    // one that was running goes on, and so does its watching
    const running = await keep({ ...long, steps: 200 });
    await until(async () => (await (await api(`v1/generations/${running}`)).json()).state === 'running', 'the start');
    await service.kill();
    await service.start();
    const again = await connected();
    assert.deepEqual(types(await read(again, 'Watch', running, 0)), ['queued', 'started', 'completed']);
    await again.stop();
    await cancel(running);
  });
});
