// A call that answers with pictures; what takes longer than a moment the service goes on with by itself.
import { cancel, insist, result } from './ending.js';

const moment = 10; // seconds

/**
 * Asks. `done` resolves to the service's JSON, or to null after stop(), and rejects with its problem.
 * @param onLost told when the connection went
 */
export function ask(path, json, onLost) {
  const leaving = new AbortController(), { signal } = leaving;
  let id = null;
  const go = async () => {
    const answer = await insist(`${path}?format=json`, { json, headers: { prefer: `respond-async, wait=${moment}` }, signal }, onLost);
    const made = await answer.json();
    if (answer.status !== 202) return made;
    ({ id } = made);
    return result(id, { onLost, signal });
  };
  const stop = () => {
    leaving.abort();
    if (id) cancel(id);
  };
  return { stop, done: go().catch(error => { if (!signal.aborted) throw error; return null; }) };
}
