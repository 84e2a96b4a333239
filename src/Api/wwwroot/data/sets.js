// The image sets that the service has, and their parts.
import { call, get } from '../core/http.js';
import { number } from '../core/words.js';

const path = name => `v1/datasets/${encodeURIComponent(name)}`;
const previews = new Map();

/** Every set, and those that are damaged. */
export async function allSets() {
  const all = { items: [], damaged: [] };
  for (let cursor = ''; cursor !== undefined;) {
    const page = await get(`v1/datasets?limit=200${cursor && `&cursor=${cursor}`}`);
    all.items.push(...page.items);
    all.damaged.push(...page.damaged);
    cursor = page.next;
  }
  return all;
}

/** Every upload, newest first. */
export const allUploads = async () => (await get('v1/datasets/uploads')).items;

/** The address of the preview of a set, as the page may show it: a key goes along with a call and not with an image. */
export async function previewOf({ name, sha256 }) {
  if (!previews.has(sha256)) previews.set(sha256, URL.createObjectURL(await (await call(`${path(name)}/preview.png`)).blob()));
  return previews.get(sha256);
}

/** The first entries that were refused, or that were there twice. */
export async function linesOf(name, kind, limit) {
  const text = await (await call(`${path(name)}/${kind}?limit=${limit}`)).text();
  return text.split('\n').filter(Boolean).map(line => JSON.parse(line));
}

export const removeSet = name => call(path(name), { method: 'DELETE' });

export const dropUpload = id => call(`v1/datasets/uploads/${encodeURIComponent(id)}`, { method: 'DELETE' });

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes as people read it. */
export function size(bytes) {
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${unit === 0 ? number(bytes) : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}
