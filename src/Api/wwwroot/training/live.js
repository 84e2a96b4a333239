// What happens to a job, as it happens.
import { call } from '../core/http.js';
import { key } from '../core/key.js';

export const pathOf = id => `v1/training-jobs/${encodeURIComponent(id)}`;

/** The metric lines of a job so far, as many as a drawing can show. */
export async function metricsOf(id, steps) {
  const text = await (await call(`${pathOf(id)}/metrics?apart=${Math.max(1, Math.ceil(steps / 1000))}`)).text();
  return text.split('\n').filter(Boolean).map(line => JSON.parse(line));
}

/**
 * Watches until the job is over; a lost connection comes back, and goes on where it was.
 * @param on { state, metrics, samples }: each takes an event
 * @returns ends it
 */
export function watch(id, fromStep, on) {
  let source, next = fromStep, timer = 0;
  const open = () => {
    const query = new URLSearchParams({ fromStep: next, ...(key() ? { access_token: key() } : {}) });
    source = new EventSource(`${pathOf(id)}/events?${query}`);
    for (const [name, told] of Object.entries(on)) source.addEventListener(`training.${name}`, event => {
      const happened = JSON.parse(event.data);
      if (name === 'metrics') next = happened.step + 1;
      // without this the browser would come back to a stream that has ended
      if (['succeeded', 'failed', 'cancelled'].includes(happened.kind)) source.close();
      told(happened);
    });
    // some browsers give up when nobody answers
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000); });
  };
  open();
  return () => { clearTimeout(timer); source.close(); };
}
