// The jobs, newest first.
import { h } from '../core/dom.js';
import { table } from '../core/table.js';
import { duration, lately, number } from '../core/words.js';

export function jobList(jobs, current) {
  if (jobs.length === 0) return h('p', { class: 'note' }, 'No job yet. Open "New job" to queue one.');
  return table('Jobs', [
    ['Name', job => h('a', { id: `job-${job.id}`, href: `#/training?id=${job.id}`, 'aria-current': job.id === current && 'true' }, job.name)],
    ['State', job => h('span', { class: `tag ${['running', 'succeeded'].includes(job.state) ? '' : 'plain'}` }, job.state)],
    ['Done', job => job.progress && h('span', { class: 'done' }, h('progress', { max: 1, value: job.progress.share, 'aria-label': `${job.name}: ${number(job.progress.step)} of ${number(job.progress.steps)} steps` }), ` ${Math.floor(job.progress.share * 100)} %`)],
    ['Left', job => job.active && job.progress?.remainingSeconds !== undefined ? duration(job.progress.remainingSeconds * 1000) : '', true],
    ['Ahead', job => job.ahead === undefined ? '' : number(job.ahead), true],
    ['Priority', job => number(job.priority), true],
    ['Learns', job => job.objective],
    ['Version', job => job.version === undefined ? '' : h('a', { href: `#/models?name=${job.model}` }, `${job.model} v${job.version}`)],
    ['Queued', job => lately(job.submitted)],
  ], jobs);
}
