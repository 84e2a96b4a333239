// A request that the service keeps: submitted, then watched; neither a lost connection nor a restart loses it.
import { get, problemOf } from '../core/http.js';
import { pause } from '../core/hub.js';
import { cancel, insist, path, result } from './ending.js';

const final = { succeeded: 'completed', failed: 'failed', canceled: 'canceled', expired: 'failed' };

/** See run(). */
export function kept(hub, { frames, ...request }, tell, whole, known) {
  let stopped = false, leave = null, next = 0, end = null;
  const left = new Promise(resolve => { leave = resolve; });
  const accepted = known ? Promise.resolve(known) : submit(request);
  const stop = () => {
    stopped = true;
    leave(null);
    accepted.then(cancel, () => { /* refused: told by the watching */ });
  };
  const on = event => {
    if (event.type !== 'frame') next = event.sequence + 1;
    if (event.type === 'completed') end = event;
    else tell({ ...event, kept: true });
    if (['failed', 'canceled'].includes(event.type)) end = event;
  };
  /** Watches, or asks what became of it. */
  const watch = async id => {
    try {
      await hub.stream('Watch', [id, next], on).done;
    } catch (error) {
      // it ended long ago, or before the service was started again; or it is about to be taken up
      if (problemOf(error)?.status !== 404) throw error;
      await past(id, on);
    }
  };
  const go = async () => {
    const id = await Promise.race([accepted, left]);
    if (!id) return 'stopped';
    for (let attempt = 0; !end; attempt++) {
      await hub.connected();
      try {
        await watch(id);
        // nothing to see yet; or the service stops, and goes on with this one when it is back
        if (!end) await pause(attempt);
      } catch (error) {
        if (problemOf(error)) throw error;
        tell({ type: 'lost', id });
      }
    }
    if (end.type !== 'completed') return stopped ? 'stopped' : 'ended';
    if (!whole()) tell({ type: 'result', id, pictures: await pictures(id) });
    tell(end);
    return 'ended';
  };
  return { stop, done: go() };
}

async function submit(request) {
  const answer = await insist('v1/generations', { json: request, headers: { prefer: 'respond-async' } });
  return (await answer.json()).id;
}

/** Tells what became of a generation that has ended, from its record; nothing if it has not. */
async function past(id, on) {
  const record = await get(path(id)), type = final[record.state];
  if (!type) return;
  const [model, version] = record.model.split('@');
  on({ type: 'queued', id, sequence: 1 });
  on({ type: 'started', id, sequence: 2, model, version, sampler: record.sampler, steps: record.steps, seed: record.seed });
  on({
    type, id, sequence: 3, queueMilliseconds: record.queueMilliseconds ?? 0, sampleMilliseconds: record.sampleMilliseconds ?? 0,
    detail: record.problem?.detail ?? record.problem?.title ?? 'The pictures were removed for their age. The same seed gives them again.',
  });
}

async function pictures(id) {
  const { images } = await result(id);
  return Promise.all(images.map(async ({ png }) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), c => c.charCodeAt(0))], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }));
}
