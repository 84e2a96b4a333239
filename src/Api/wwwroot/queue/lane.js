// One lane of the engine: what can share a batch, who is in it, and what its ticks cost.
import { h, svg } from '../core/dom.js';
import { columnsOf, table, text } from '../core/table.js';
import { duration, heading, number } from '../core/words.js';

const isTable = value => Array.isArray(value) && value.every(each => each && typeof each === 'object');

export function lane({ model, version, cost, ...rest }) {
  const members = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  const name = `${model} v${version}`;
  return h('article', { class: 'panel stack' },
    h('h2', {}, name),
    h('div', { class: 'of-lane' },
      h('dl', { class: 'figures' }, ...members.filter(([, value]) => !isTable(value)).map(([member, value]) => h('div', {}, h('dt', {}, heading(member)), h('dd', {}, text(member, value))))),
      typeof cost?.alphaMs === 'number' && curve(cost, rest.cap)),
    h('div', { class: 'of-lane' }, ...members.filter(([, value]) => isTable(value) && value.length > 0)
      .map(([member, rows]) => table(heading(member), columnsOf(rows), rows, `${heading(member)} of ${name}`))));
}

/** The time of a tick over its rows as a line, with the number of rows beyond which more of them save little. */
function curve({ alphaMs, betaMs, knee, samples }, cap = 64) {
  const width = 240, height = 64, time = rows => alphaMs + betaMs * rows;
  const x = rows => (rows / cap * width).toFixed(1), y = rows => (height - 2 - time(rows) / time(cap) * (height - 6)).toFixed(1);
  const says = `A tick takes ${duration(alphaMs)}, and ${duration(betaMs)} more for each row`;
  return h('figure', { class: 'curve' },
    svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': says },
      svg('path', { class: 'area', d: `M0 ${height}L0 ${y(0)}L${width} ${y(cap)}L${width} ${height}Z` }),
      svg('path', { class: 'trace', d: `M0 ${y(0)}L${width} ${y(cap)}` }),
      knee < cap && svg('path', { class: 'mark', d: `M${x(knee)} 0V${height}` })),
    h('figcaption', {}, `${says}: ${duration(time(cap))} for ${number(cap)}.${knee < cap ? ` Beyond ${number(knee)} rows a fuller tick saves little.` : ''}${samples === 0 ? ' Not measured yet.' : ''}`));
}
