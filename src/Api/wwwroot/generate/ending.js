// A generation that the service keeps: asking for it, its pictures, and ending it, all through lost connections.
import { call, problemOf } from '../core/http.js';
import { pause } from '../core/hub.js';

export const path = id => `v1/generations/${encodeURIComponent(id)}`;

/**
 * A POST until there is an answer, under one key, so that the service does once what it is asked for twice.
 * @param onLost told when the connection went
 */
export function insist(path, { headers, ...options }, onLost = () => {}) {
  const key = [...crypto.getRandomValues(new Uint32Array(4))].join('-');
  return persist(() => call(path, { method: 'POST', ...options, headers: { ...headers, 'idempotency-key': key } }), onLost, options.signal);
}

/** Its pictures as the service's JSON, as soon as they are there. */
export async function result(id, { onLost = () => {}, signal } = {}) {
  for (let attempt = 0; ; attempt++) {
    const answer = await persist(() => call(`${path(id)}/result?format=json`, { signal }), onLost, signal);
    if (answer.status !== 202) return answer.json();
    await pause(attempt);
  }
}

/** Ends it; one that has ended meanwhile has no need of it. */
export async function cancel(id) {
  try {
    await persist(() => call(`${path(id)}/cancel`, { method: 'POST' }));
  } catch (error) {
    if (error.status !== 409 && error.status !== 404) throw error;
  }
}

async function persist(act, onLost = () => {}, signal = null) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const problem = problemOf(error);
      // after a lost connection the first attempt may not have ended yet
      if (signal?.aborted || problem && !problem.type?.endsWith('/idempotency-in-progress')) throw error;
      onLost();
      await pause(attempt);
    }
  }
}
