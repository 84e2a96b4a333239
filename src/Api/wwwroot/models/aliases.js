// Aliases: which version a name stands for, moving it there or back, and taking it away.
import { call, get } from '../core/http.js';

const one = '/v1/models/{name}/aliases/{alias}';
const path = (model, alias) => `v1/models/${encodeURIComponent(model)}/aliases/${encodeURIComponent(alias)}`;

/** What the service lets anybody do with aliases. */
export const can = api => ({ move: api.has('put', one), back: api.has('post', `${one}/rollback`), remove: api.has('delete', one) });

/** What a request without a version gets; the service never takes it away. */
export const standard = 'default';

/** The aliases of a model: name, version, earlier versions, and the mark of this state. */
export async function aliasesOf(api, model) {
  if (!api.has('get', one)) return Object.entries(model.aliases ?? {}).map(([alias, version]) => ({ alias, version, before: [], mark: null }));
  const all = await get(`v1/models/${encodeURIComponent(model.name)}/aliases`);
  // one that is deleted meanwhile is none
  return (await Promise.all(all.map(({ alias }) => aliasOf(model.name, alias)))).filter(Boolean);
}

/** One alias, or null if it stands for nothing. */
export async function aliasOf(model, alias) {
  try {
    const answer = await call(path(model, alias));
    return { ...await answer.json(), mark: answer.headers.get('etag') };
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
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
