// A request that the service keeps: submitted, then watched; neither a lost connection nor a restart loses it.
import { call, get, problemOf } from '../core/http.js';
import { pause } from '../core/hub.js';

const final = { succeeded: 'completed', failed: 'failed', canceled: 'canceled', expired: 'failed' };
const path = id => `v1/generations/${encodeURIComponent(id)}`;

/** See run(). */
export function kept(hub, { frames, ...request }, tell, whole, known) {
  let id = known, stopped = false, next = 0, end = null;
  const stop = () => {
    stopped = true;
    // one that has ended meanwhile is told by the watching
    if (id) call(`${path(id)}/cancel`, { method: 'POST' }).catch(error => { if (!problemOf(error)) hub.connected().then(stop); });
  };
  const on = event => {
    if (event.type !== 'frame') next = event.sequence + 1;
    if (event.type === 'completed') end = event;
    else tell({ ...event, kept: true });
    if (['failed', 'canceled'].includes(event.type)) end = event;
  };
  const go = async () => {
    if (!id) ({ id } = await (await call('v1/generations', { method: 'POST', json: request, headers: { prefer: 'respond-async' } })).json());
    if (stopped) stop();
    for (let attempt = 0; !end; attempt++) {
      await hub.connected();
      try {
        await hub.stream('Watch', [id, next], on).done;
      } catch (error) {
        const problem = problemOf(error);
        if (!problem) tell({ type: 'lost', id });
        else if (problem.status !== 404) throw error;
        // it ended long ago, or before the service was started again; or it is about to be taken up
        else if (!await past(id, on)) await pause(attempt);
      }
    }
    if (end.type !== 'completed') return stopped ? 'stopped' : 'ended';
    if (!whole()) tell({ type: 'result', id, pictures: await pictures(id) });
    tell(end);
    return 'ended';
  };
  return { stop, done: go() };
}

/** Tells what became of a generation that has ended, from its record; false if it has not. */
async function past(id, on) {
  const record = await get(path(id)), type = final[record.state];
  if (!type) return false;
  const [model, version] = record.model.split('@');
  on({ type: 'queued', id, sequence: 1 });
  on({ type: 'started', id, sequence: 2, model, version, sampler: record.sampler, steps: record.steps, seed: record.seed });
  on({
    type, id, sequence: 3, queueMilliseconds: record.queueMilliseconds ?? 0, sampleMilliseconds: record.sampleMilliseconds ?? 0,
    detail: record.problem?.detail ?? record.problem?.title ?? 'The pictures were removed for their age. The same seed gives them again.',
  });
  return true;
}

async function pictures(id) {
  let answer = await call(`${path(id)}/result?format=json`);
  // the end is told a moment before the pictures are put down
  for (let attempt = 0; answer.status === 202; attempt++) {
    await pause(attempt);
    answer = await call(`${path(id)}/result?format=json`);
  }
  const { images } = await answer.json();
  return Promise.all(images.map(async ({ png }) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), c => c.charCodeAt(0))], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }));
}
