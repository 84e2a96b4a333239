// Tables of what the service says, also of what this page has no word for yet.
import { h } from './dom.js';
import { duration, heading, moment, number } from './words.js';

const isTime = (name, value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);

/** A value as text: durations by their name, times by their look, objects member by member. */
export function text(name, value) {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return /Milliseconds$|Ms$/.test(name) ? duration(value) : number(value);
  if (isTime(name, value)) return moment(value);
  if (Array.isArray(value)) return value.map(each => text(name, each)).join(', ');
  if (typeof value === 'object') return Object.entries(value).map(([member, each]) => `${heading(member)} ${text(member, each)}`).join(', ');
  return String(value);
}

/**
 * A table with a caption that can be scrolled by itself where it is too wide; columns with nothing in them are left out.
 * @param columns [title, cell of a row (text or element), true for a number or a class of the cell]
 * @param name what it is called where the caption alone would not do
 */
export function table(caption, columns, rows, name = caption) {
  const filled = columns.filter(([, cell]) => rows.length === 0 || rows.some(row => cell(row) || cell(row) === 0));
  const head = h('tr', {}, ...filled.map(([title, , numeric]) => h('th', { scope: 'col', class: numeric === true && 'number' }, title)));
  const body = rows.map(row => h('tr', {}, ...filled.map(([, cell, numeric]) => h('td', { class: numeric === true ? 'number' : numeric }, cell(row) ?? ''))));
  return h('div', { class: 'scroll', id: `table-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, tabindex: 0, role: 'region', 'aria-label': name },
    h('table', {}, h('caption', {}, caption), h('thead', {}, head), h('tbody', {}, ...body)));
}

/** Columns for rows of any shape, in the order of their members. */
export function columnsOf(rows) {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))];
  return names.map(name => [heading(name), row => text(name, row[name]), rows.every(row => row[name] == null || typeof row[name] === 'number')]);
}
