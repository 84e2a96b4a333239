// Aliases: which version a name stands for, moving it there or back, and taking it away.
import { call, get } from '../core/http.js';

const address = '/v1/models/{name}/aliases/{alias}';
const path = (model, alias) => `v1/models/${encodeURIComponent(model)}/aliases/${encodeURIComponent(alias)}`;

/** What the service lets anybody do with aliases. */
export const can = api => ({ move: api.has('put', address), back: api.has('post', `${address}/rollback`), remove: api.has('delete', address) });

/** What a request without a version gets; the service never takes it away. */
export const standard = 'default';

/** The aliases of a model: name, version, earlier versions, and the mark of this state. */
export async function aliasesOf(api, model) {
  if (!api.has('get', address)) return Object.entries(model.aliases ?? {}).map(([alias, version]) => ({ alias, version, before: [], mark: null }));
  return Promise.all((await named(model.name)).map(alias => one(model.name, alias)));
}

/** One alias, or null if it stands for nothing. */
export async function aliasOf(model, alias) {
  return (await named(model)).includes(alias) ? one(model, alias) : null;
}

const named = async model => (await get(`v1/models/${encodeURIComponent(model)}/aliases`)).map(({ alias }) => alias);

async function one(model, alias) {
  const answer = await call(path(model, alias));
  return { ...await answer.json(), mark: answer.headers.get('etag') };
}

/** Points an alias at a version, if it still is in the state of that mark, or still new; the service refuses with 412 otherwise. */
export function move(model, alias, version, mark) {
  return call(path(model, alias), { method: 'PUT', json: { version }, headers: mark ? { 'if-match': mark } : { 'if-none-match': '*' } });
}

/** Points an alias at what it stood for before. */
export function back(model, alias, mark) {
  return call(`${path(model, alias)}/rollback`, { method: 'POST', headers: mark ? { 'if-match': mark } : {} });
}

/** Takes an alias away; its version stays. */
export function remove(model, alias, mark) {
  return call(path(model, alias), { method: 'DELETE', headers: mark ? { 'if-match': mark } : {} });
}
