// Versions: what they came from, and taking them out, in or away, or keeping them.
import { nameOf, save } from '../core/files.js';
import { call, get } from '../core/http.js';

const all = '/v1/models/{name}/versions', one = `${all}/{version}`;
const path = (model, version) => `v1/models/${encodeURIComponent(model)}/versions/${version}`;

/** What the service lets anybody do with versions; `formats` are those that one leaves in. */
export const can = api => ({
  look: api.has('get', one), lineage: api.has('get', `${one}/lineage`), pin: api.has('put', `${one}/pin`), discard: api.has('delete', one), bring: api.has('post', all),
  formats: api.has('get', `${one}/export`) ? api.field('get', `${one}/export`, 'format')?.enum ?? [] : [],
});

/** All versions of a model, newest first; only their numbers where the service says no more. */
export async function versionsOf(api, { name, versions }) {
  const newest = versions.toReversed();
  if (!api.has('get', one)) return newest.map(version => ({ version }));
  return Promise.all(newest.map(version => get(path(name, version))));
}

export const lineageOf = (model, version) => get(`${path(model, version)}/lineage`);

/** Hands the version to the browser's own download, as a file of that format; the name of the file. */
export async function download(model, version, format) {
  const answer = await call(`${path(model, version)}/export?format=${format}`);
  const name = nameOf(answer, `${model}-v${version}.${format}`);
  save(await answer.blob(), name);
  return name;
}

/** Publishes the version in a file; what the service says of it. */
export async function bring(model, file) {
  const body = new FormData();
  body.append('file', file, file.name);
  return (await call(`v1/models/${encodeURIComponent(model)}/versions`, { method: 'POST', body })).json();
}

export const pin = (model, version, pinned) => call(`${path(model, version)}/pin`, { method: pinned ? 'PUT' : 'DELETE' });

export const discard = (model, version) => call(path(model, version), { method: 'DELETE' });
