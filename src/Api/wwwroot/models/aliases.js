// Aliases: which version a name stands for, and moving it there or back.
import { call, get } from '../core/http.js';

const one = '/v1/models/{name}/aliases/{alias}';
const path = (model, alias) => `v1/models/${encodeURIComponent(model)}/aliases/${encodeURIComponent(alias)}`;

/** What the service lets anybody do with aliases. */
export const can = api => ({ move: api.has('put', one), back: api.has('post', `${one}/rollback`) });

/** The aliases of a model: name, version, earlier versions, and the mark of this state. */
export async function aliasesOf(api, model) {
  if (!api.has('get', one)) return Object.entries(model.aliases ?? {}).map(([alias, version]) => ({ alias, version, before: [], mark: null }));
  const all = await get(`v1/models/${encodeURIComponent(model.name)}/aliases`);
  return Promise.all(all.map(async ({ alias }) => {
    const answer = await call(path(model.name, alias));
    return { ...await answer.json(), mark: answer.headers.get('etag') };
  }));
}

/** Points an alias at a version, if it still is in the state of that mark, or still new; the service refuses with 412 otherwise. */
export function move(model, alias, version, mark) {
  return call(path(model, alias), { method: 'PUT', json: { version }, headers: mark ? { 'if-match': mark } : { 'if-none-match': '*' } });
}

/** Points an alias at what it stood for before. */
export function back(model, alias, mark) {
  return call(`${path(model, alias)}/rollback`, { method: 'POST', headers: mark ? { 'if-match': mark } : {} });
}

/** All versions of a model, newest first; only their numbers where the service says no more. */
export async function versionsOf(api, { name, versions }) {
  const newest = versions.toReversed();
  if (!api.has('get', '/v1/models/{name}/versions/{version}')) return newest.map(version => ({ version }));
  return Promise.all(newest.map(version => get(`v1/models/${encodeURIComponent(name)}/versions/${version}`)));
}
