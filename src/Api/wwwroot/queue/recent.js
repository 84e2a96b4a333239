// What the service keeps, of everybody: each can be opened, also after a restart.
import { h } from '../core/dom.js';
import { table } from '../core/table.js';
import { duration, moment } from '../core/words.js';

export function recent(generations) {
  return table('Recent', [
    ['Accepted', ({ createdAt }) => createdAt && moment(createdAt)],
    ['Model', ({ model }) => model],
    ['Sampler', ({ sampler }) => sampler],
    ['Steps', ({ steps }) => String(steps ?? ''), true],
    ['Pictures', ({ n }) => String(n ?? ''), true],
    ['Seed', ({ seed }) => seed, true],
    ['State', ({ state, problem }) => problem?.title ? `${state}: ${problem.title}` : state],
    ['Took', ({ sampleMilliseconds }) => sampleMilliseconds === undefined ? '' : duration(sampleMilliseconds), true],
    ['', ({ id, state }) => ['queued', 'running', 'succeeded'].includes(state) && h('a', { id: `open-${id}`, href: `#/generate?id=${encodeURIComponent(id)}`, 'aria-label': `Open ${id}` }, 'Open')],
  ], generations);
}
