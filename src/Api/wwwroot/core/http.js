// Calls over HTTP: the key goes along, and what is refused comes back as the problem that it is.
import { askForKey, key } from './key.js';

/** An answer that is no success; `problem` is the service's own explanation, as RFC 9457 has it. */
export class Refusal extends Error {
  constructor(problem, status, retryAfter) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    Object.assign(this, { problem, status, retryAfter });
  }
}

/** The answer to a call; a JSON body is sent as such. */
export async function call(path, { json, headers = {}, ...rest } = {}) {
  const send = () => fetch(path, {
    ...rest,
    headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...(key() ? { authorization: `Bearer ${key()}` } : {}) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  let answer = await send();
  while (answer.status === 401 && await askForKey((await refusalOf(answer)).message)) answer = await send();
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

export const get = async (path, options) => (await call(path, { headers: { accept: 'application/json' }, ...options })).json();

/** The problem that an error carries, from HTTP or in the text of a hub's error; null if the service said nothing. */
export function problemOf(error) {
  if (error instanceof Refusal) return error.problem;
  const start = error?.message?.indexOf('{') ?? -1;
  if (start < 0) return null;
  try { return JSON.parse(error.message.slice(start)); } catch { return null; }
}

/** What an error means, in one sentence. */
export function explain(error) {
  const problem = problemOf(error);
  if (!problem) return 'The service does not answer.';
  const fields = Object.values(problem.errors ?? {}).flat();
  return fields.length ? fields.join(' ') : problem.detail ?? problem.title ?? error.message;
}

async function refusalOf(answer) {
  let problem = {};
  try { problem = await answer.clone().json(); } catch { /* a proxy's own page says nothing that could be shown */ }
  return new Refusal(problem, answer.status, answer.headers.get('retry-after'));
}
