// One request, from asking to its end. Where the service keeps generations, a lost connection loses nothing.
import { note } from '../core/own.js';
import { call, problemOf } from '../core/http.js';

/** Whether the service can go on without us. */
export const keeps = api => api.has('post', '/v1/generations');

/**
 * Runs a request and tells its events. `done` resolves to 'ended', 'stopped' or 'lost' and rejects with the service's
 * problem; `stop` cancels.
 * @param whole asks whether the last frame of every picture has arrived
 * @param id of a generation that runs already, to go on watching it
 */
export function run({ hub, api }, request, onEvent, whole, id = null) {
  const noted = note(request);
  const tell = event => { noted(event); onEvent(event); };
  const job = keeps(api) ? kept(hub, request, tell, whole, id) : bound(hub, request, tell);
  job.done.then(outcome => { if (outcome !== 'ended') noted({ type: outcome === 'lost' ? 'lost' : 'canceled' }); }, () => noted({ type: 'refused' }));
  return job;
}

// it lives as long as the stream
function bound(hub, request, tell) {
  const { done, stop } = hub.stream('Generate', [request], tell);
  return { stop, done: done.catch(error => { if (problemOf(error)) throw error; return 'lost'; }) };
}

// submitted, then watched: after a lost connection the watching goes on at the event after the last
function kept(hub, { frames, ...request }, tell, whole, known) {
  let id = known, stopped = false, next = 0, ended = null;
  const stop = () => {
    stopped = true;
    if (id) call(`v1/generations/${id}/cancel`, { method: 'POST' }).catch(() => { /* it has ended, or the watching tells */ });
  };
  const go = async () => {
    if (!id) ({ id } = await (await call('v1/generations', { method: 'POST', json: request, headers: { prefer: 'respond-async' } })).json());
    await hub.connected();
    if (stopped) stop();
    while (!ended) {
      try {
        await hub.stream('Watch', [id, next], event => {
          if (event.type !== 'frame') next = event.sequence + 1;
          if (event.type === 'completed') ended = event;
          else tell({ ...event, kept: true });
          if (['failed', 'canceled'].includes(event.type)) ended = event;
        }).done;
      } catch (error) {
        if (problemOf(error)) throw error;
        tell({ type: 'lost', id });
        await hub.connected();
      }
    }
    if (ended.type !== 'completed') return stopped ? 'stopped' : 'ended';
    if (!whole()) tell({ type: 'result', id, pictures: await pictures(id) });
    tell(ended);
    return 'ended';
  };
  return { stop, done: go() };
}

async function pictures(id) {
  const { images } = await (await call(`v1/generations/${id}/result?format=json`)).json();
  return Promise.all(images.map(async ({ png }) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(png), c => c.charCodeAt(0))], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }));
}
