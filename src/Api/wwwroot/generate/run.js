// One request, from asking to its end.
import { note } from '../core/own.js';
import { problemOf } from '../core/http.js';
import { kept } from './kept.js';

// steps of all pictures together: fewer would have run before the watching begins, and are soon made again
const fewestKept = 160;

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
  const short = request.steps && request.steps * request.n < fewestKept && !id;
  const job = !keeps(api) ? bound(hub, request, tell) : short ? repeated(hub, request, tell) : kept(hub, request, tell, whole, id);
  job.done.then(outcome => { if (outcome !== 'ended') noted({ type: outcome === 'lost' ? 'lost' : 'canceled' }); }, () => noted({ type: 'refused' }));
  return job;
}

// it lives as long as the stream
function bound(hub, request, tell) {
  const { done, stop } = hub.stream('Generate', [request], tell);
  return { stop, done: done.catch(error => { if (problemOf(error)) throw error; return 'lost'; }) };
}

// what went with its connection is soon made again, and has the same pictures
function repeated(hub, request, tell) {
  let job, leave;
  const left = new Promise(resolve => { leave = () => resolve('stopped'); });
  const go = async () => {
    for (;;) {
      job = bound(hub, request, tell);
      const outcome = await job.done;
      if (outcome !== 'lost') return outcome;
      tell({ type: 'lost' });
      if (await Promise.race([left, hub.connected()])) return 'stopped';
    }
  };
  return { done: go(), stop: () => { leave(); job.stop(); } };
}
