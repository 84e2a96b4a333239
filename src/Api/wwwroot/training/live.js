// What happens to a job, as it happens.
import { listen } from '../core/events.js';
import { call } from '../core/http.js';

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
  let next = fromStep;
  return listen(() => ({ path: `${pathOf(id)}/events`, query: { fromStep: next } }), Object.fromEntries(Object.entries(on).map(([name, told]) => [`training.${name}`, happened => {
    if (name === 'metrics') next = happened.step + 1;
    told(happened);
    return ['succeeded', 'failed', 'cancelled'].includes(happened.kind);
  }])));
}
