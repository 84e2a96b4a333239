// What the service keeps, of everybody: each can be opened, also after a restart.
import { h } from '../core/dom.js';
import { table } from '../core/table.js';
import { duration, lately } from '../core/words.js';

const shown = ['generation', 'interpolation']; // on the view that generates

export function recent(generations) {
  return table('Recent', [
    ['Accepted', ({ createdAt }) => createdAt && lately(createdAt)],
    ['State', ({ state, problem }) => problem?.title ? `${state}: ${problem.title}` : state],
    ['Kind', ({ kind }) => kind],
    ['Model', ({ model }) => model],
    ['Sampler', ({ sampler }) => sampler],
    ['Steps', ({ steps }) => String(steps ?? ''), true],
    ['Pictures', ({ n }) => String(n ?? ''), true],
    ['Seed', ({ seed, kind }) => kind === undefined || kind === 'generation' ? seed : '', true],
    ['Took', ({ sampleMilliseconds }) => sampleMilliseconds === undefined ? '' : duration(sampleMilliseconds), true],
    ['', ({ id, state, kind = shown[0] }) => ['queued', 'running', 'succeeded'].includes(state) && shown.includes(kind) && h('a', { id: `open-${id}`, href: `#/generate?id=${encodeURIComponent(id)}`, 'aria-label': `Open ${id}` }, 'Open'), 'act'],
  ], generations);
}
