// The evaluations: how far each is, and stopping one.
import { h } from '../core/dom.js';
import { table } from '../core/table.js';
import { lately, number } from '../core/words.js';

const isOver = ({ state }) => !['queued', 'running'].includes(state);

/** @param cancel what to do with one that shall not go on */
export function evaluations(items, cancel) {
  return table('Evaluations', [
    ['Version', ({ model, version }) => `${model} v${version}`],
    ['Points', ({ points }) => points.map(({ sampler, steps }) => `${sampler} ${number(steps)}`).join(', '), 'prose'],
    ['Samples', row => row.samples, true],
    ['State', row => row.error ? h('span', {}, row.state, h('span', { class: 'error' }, ` ${row.error}`)) : row.state, 'prose'],
    ['Done', row => `${Math.floor(100 * row.progress.share)} %`, true],
    ['Came', row => lately(row.submitted)],
    ['', row => isOver(row) ? '' : h('button', { type: 'button', class: 'quiet', id: `cancel-${row.id}`, 'aria-label': `Cancel the evaluation of ${row.model} v${row.version}`, onclick: () => cancel(row) }, 'Cancel'), 'act'],
  ], items);
}
