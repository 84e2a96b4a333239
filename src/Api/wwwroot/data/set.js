// One image set: what it holds, what was left out of it, and its end.
import { h } from '../core/dom.js';
import { table } from '../core/table.js';
import { moment, number, plural } from '../core/words.js';
import { histogram } from './histogram.js';
import { linesOf, size } from './sets.js';

const most = 200;

/**
 * @param preview address of its preview
 * @param on { remove() }
 */
export function setCard(set, preview, on) {
  return h('article', { class: 'panel model', id: `set-${set.name}` },
    h('header', {}, h('h2', {}, set.name), h('span', { class: 'tag' }, `${set.width} × ${set.height}, ${set.channels === 1 ? 'grey' : 'colour'}`)),
    h('img', { class: 'preview', src: preview, alt: `Some images of ${set.name}, a row a class` }),
    h('dl', { class: 'figures' }, ...figures(set).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    histogram(set),
    left(set, 'refused', set.refused, `${plural(set.refused, 'entry', 'entries')} refused`, [['Entry', row => row.entry], ['Reason', row => row.reason, 'prose']]),
    left(set, 'duplicates', set.duplicates, plural(set.duplicates, 'duplicate'), [['Entry', row => row.entry], ['Same as', row => row.of], ['Kept', row => row.kept ? 'yes' : 'no']]),
    h('div', { class: 'ends' }, h('a', { class: 'button', id: `train-${set.name}`, href: `#/training?data=${set.name}`, 'aria-label': `Train a model on ${set.name}` }, 'Train on it'), h('button', { type: 'button', class: 'quiet', id: `remove-${set.name}`, 'aria-label': `Delete ${set.name}`, onclick: on.remove }, 'Delete')));
}

function figures({ images, splits, classes, source, terms, bytes, imported, sha256, usedBy }) {
  return [
    ['Images', number(images)],
    ['Splits', Object.entries(splits).map(([name, count]) => `${name} ${number(count)}`).join(', ')],
    ['Classes', classes.length ? number(classes.length) : 'none'],
    ['On the disk', size(bytes)],
    ['Source', source || 'not said'],
    ...(terms ? [['Terms', terms]] : []),
    ['Imported', moment(imported)],
    ['Digest', h('code', { title: sha256 }, sha256.slice(0, 12))],
    ...(usedBy.length ? [['Needed by', usedBy.map(id => `job ${Number(id)}`).join(', ')]] : []),
  ];
}

/** A list that is read when somebody unfolds it. */
function left(set, kind, count, title, columns) {
  if (count === 0) return null;
  const place = h('div');
  return h('details', { id: `${kind}-${set.name}`, ontoggle: async event => {
    if (!event.target.open || place.hasChildNodes()) return;
    const rows = await linesOf(set.name, kind, most);
    const caption = count > rows.length ? `The first ${number(rows.length)} of ${number(count)}` : title;
    place.replaceChildren(table(caption, columns, rows, `${title} of ${set.name}`));
  } }, h('summary', {}, title), place);
}
