// Aliases: which version a name stands for, and moving it there or back.
import { call, get } from '../core/http.js';

const one = '/v1/models/{name}/aliases/{alias}';
const path = (model, alias) => `v1/models/${encodeURIComponent(model)}/aliases/${encodeURIComponent(alias)}`;

/** What the service lets anybody do with aliases. */
export const can = api => ({ move: api.has('put', one), back: api.has('post', `${one}/rollback`) });

/** Points an alias at a version, if it still is what was seen: the service refuses with 412 otherwise. */
export async function move(model, alias, version, seen) {
  const condition = seen === undefined ? { 'if-none-match': '*' } : { 'if-match': await stateOf(model, alias, seen) };
  await call(path(model, alias), { method: 'PUT', json: { version }, headers: condition });
}

/** Points an alias at what it stood for before. */
export async function back(model, alias) {
  await call(`${path(model, alias)}/rollback`, { method: 'POST' });
}

// the mark of the alias's present state, provided it is the one that the page shows
async function stateOf(model, alias, seen) {
  const answer = await call(path(model, alias));
  const { version } = await answer.json();
  return version === seen ? answer.headers.get('etag') : `"${seen}"`;
}

/** The manifests of all versions of a model where the service gives them; else none. */
export async function versionsOf(api, model) {
  if (!api.has('get', '/v1/models/{name}/versions')) return [];
  return get(`v1/models/${encodeURIComponent(model)}/versions`);
}
