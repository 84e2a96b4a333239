// One version: where it comes from, what was measured, its files, and what can be done with it.
import { h } from '../core/dom.js';
import { moment, number } from '../core/words.js';

/**
 * Opens it over the page; gives what was chosen, once it is closed: '', 'pin', 'discard', or a format to export.
 * @param version what the service says of it
 * @param lineage { ancestors, descendants }, or null
 * @param may { pin, discard, formats }
 */
export function openSheet(version, lineage, may) {
  const button = (value, text, quiet = true) => h('button', { value, class: quiet ? 'secondary' : null, id: `sheet-${value}` }, text);
  const sheet = h('dialog', { class: 'sheet', 'aria-labelledby': 'sheet-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'sheet-title' }, `${version.model} v${version.version}`),
      h('dl', { class: 'figures' }, ...facts(version).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      ...lines('Came from', origins(version, lineage)),
      ...lines('Came from it', (lineage?.descendants ?? []).map(relative)),
      ...lines('Files', Object.entries(version.files ?? {}).map(([name, { bytes, sha256 }]) => [`${name}, ${number(bytes)} bytes `, h('code', {}, sha256)])),
      h('div', { class: 'ends' },
        h('button', { value: '', class: 'secondary', id: 'sheet-close', autofocus: true }, 'Close'),
        may.pin && button('pin', version.pinned ? 'Unpin' : 'Pin'),
        may.discard && button('discard', 'Delete'),
        ...may.formats.map(format => button(format, `Export ${format}`, false)))));
  document.body.append(sheet);
  sheet.showModal();
  return new Promise(resolve => sheet.addEventListener('close', () => {
    sheet.remove();
    resolve(sheet.returnValue);
  }));
}

function facts({ created, objective, prediction, schedule, timeSteps, data, imagesSeen, job, metrics = {} }) {
  return [
    ['Published', moment(created)], ['Trained for', `${objective}, ${prediction} on ${schedule} of ${timeSteps} steps`], ['Data', data], ['Images seen', number(imagesSeen)],
    ...(job ? [['Job', job.name]] : []),
    ...Object.entries(metrics).map(([name, value]) => [name, number(value)]),
  ];
}

function origins({ origin, parents = [] }, lineage) {
  const role = ({ model, version }) => parents.find(each => each.model === model && each.version === version)?.role;
  return [
    ...(origin ? [`imported from ${origin.name ?? `a ${origin.format} file`}, where it was ${origin.model} v${origin.version}`] : []),
    ...(lineage?.ancestors ?? parents).map(each => relative(each, each.role ?? role(each))),
  ];
}

function relative({ model, version, state, distance }, role) {
  return [`${model} v${version}`, typeof role === 'string' ? role : distance > 1 && `${distance} generations away`, state && state !== 'present' && state].filter(Boolean).join(', ');
}

const lines = (title, all) => all.length === 0 ? [] : [h('h3', {}, title), h('ul', { class: 'lines' }, ...all.map(line => h('li', {}, ...[line].flat())))];
