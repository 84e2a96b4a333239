// What this tab has asked for, with a way to stop what still runs.
import { h } from '../core/dom.js';
import { own, running } from '../core/own.js';
import { table } from '../core/table.js';
import { lately } from '../core/words.js';

const words = { asked: 'asking', refused: 'refused', lost: 'lost with the connection', done: 'done' };

export function ownList(cancel) {
  const mine = own();
  if (mine.length === 0) return h('p', { class: 'note' }, 'What you generate in this tab is listed here.');
  return table('Yours', [
    ['Asked', entry => lately(entry.since)],
    ['State', entry => words[entry.state] ?? entry.state],
    ['Model', entry => entry.request.model],
    ['Sampler', entry => entry.request.sampler],
    ['Steps', entry => String(entry.request.steps ?? ''), true],
    ['Pictures', entry => String(entry.request.n), true],
    ['Seed', entry => entry.request.seed, true],
    ['', entry => running(entry) && entry.id && h('button', { type: 'button', class: 'quiet', id: `cancel-${entry.id}`, 'aria-label': `Cancel ${entry.request.sampler}, seed ${entry.request.seed}`, onclick: () => cancel(entry) }, 'Cancel'), 'act'],
  ], mine);
}
