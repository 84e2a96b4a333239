// One model: what it is, its versions, and which of them its aliases stand for.
import { errorOf, h } from '../core/dom.js';
import { leading } from '../core/figures.js';
import { table } from '../core/table.js';
import { moment, number, plural } from '../core/words.js';
import { standard } from './aliases.js';

/**
 * @param may { move, back, remove, look }: what the service offers
 * @param on { move(alias, version), back(alias), remove(alias), look(version) }
 */
export function card(model, versions, aliases, may, on) {
  return h('article', { class: 'panel model', id: `model-${model.name}` },
    h('header', {}, h('h2', {}, model.name), h('span', { class: 'tag' }, `v${model.version}`)),
    h('p', { class: 'note' }, about(model)),
    h('dl', { class: 'figures' }, ...figures(model)),
    versionTable(model, versions, aliases, may, on),
    aliasList(model, aliases, may, on),
    may.move && promotion(model, aliases, on));
}

function about({ width, height, channels, labels, objective, schedule, timeSteps, samplers }) {
  const classes = labels?.length ? `, ${labels.length} labels` : '';
  return `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}${classes}. Trained for ${objective} on a ${schedule} schedule of ${timeSteps} steps; ${samplers.length ? `served by ${samplers.join(', ')}` : 'makes no pictures, and guides models that do'}.`;
}

function figures({ data, imagesSeen, created, sampling, metrics = {} }) {
  const rows = [
    ['Data', data], ['Images seen', number(imagesSeen)], ['Published', moment(created)],
    ...(sampling ? [['By default', `${sampling.sampler}, ${plural(sampling.steps, 'step')}, guidance ${sampling.guidance ?? 1}`]] : []),
    ...leading(metrics).map(([name, value]) => [name, number(value)]),
  ];
  return rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
}

function versionTable(model, versions, aliases, may, on) {
  const rows = versions.map(each => each.version === model.version ? { ...model, ...each } : each);
  const named = ({ version, pinned }) => [...aliases.filter(each => each.version === version).map(({ alias }) => h('span', { class: 'tag' }, alias)),
    ...(version === model.version ? [h('span', { class: 'tag plain' }, 'served')] : []),
    ...(pinned ? [h('span', { class: 'tag plain' }, 'pinned')] : [])];
  return table('Versions', [
    ['Version', row => may.look ? versionButton(model, row, on) : `v${row.version}`],
    ['Known as', row => h('span', { class: 'tags' }, ...named(row))],
    ['Published', row => row.created && moment(row.created)],
    ['Images seen', row => row.imagesSeen === undefined ? '' : number(row.imagesSeen), true],
    ['Came from', row => [...(row.origin ? [row.origin.name ?? `a ${row.origin.format} file`] : []), ...new Set((row.parents ?? []).map(each => `${each.model}@${each.version}`))].join(', '), 'prose'],
    ['Measured', row => leading(row.metrics ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(', '), 'prose'],
  ], rows, `Versions of ${model.name}`);
}

function versionButton(model, { version }, on) {
  return h('button', { type: 'button', class: 'quiet', id: `look-${model.name}-${version}`, 'aria-label': `Look at ${model.name} v${version}`, onclick: () => on.look(version) }, `v${version}`);
}

function aliasList(model, aliases, may, on) {
  if (aliases.length === 0) return h('p', { class: 'note' }, 'No aliases yet.');
  return h('ul', { class: 'aliases', 'aria-label': `Aliases of ${model.name}` }, ...aliases.map(({ alias, version, changed, before, mark }) =>
    h('li', { 'data-mark': mark }, h('span', {}, h('code', {}, `${model.name}@${alias}`), ` is v${version}`, changed ? ` since ${moment(changed)}` : '', before.length ? `, before v${before.at(-1)}` : ''),
      h('span', { class: 'deeds' },
        may.back && before.length > 0 && deed('back', 'Roll back', model, alias, on.back),
        may.remove && alias !== standard && deed('remove', 'Delete', model, alias, on.remove)))));
}

function deed(what, text, model, alias, act) {
  return h('button', { type: 'button', class: 'quiet', id: `${what}-${model.name}-${alias}`, 'aria-label': `${text} ${model.name}@${alias}`, onclick: () => act(alias) }, text);
}

function promotion(model, aliases, on) {
  const id = `promote-${model.name}`;
  const alias = h('input', { id: `${id}-alias`, type: 'text', value: standard, list: `${id}-aliases`, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': `${id}-alias-error` });
  const version = h('select', { id: `${id}-version`, 'aria-describedby': `${id}-version-error` }, ...model.versions.toReversed().map((each, i) => h('option', { value: each, selected: i === 0 }, `v${each}`)));
  return h('form', {
    class: 'promotion', id, novalidate: true, 'aria-label': `Promote a version of ${model.name}`,
    onsubmit: event => { event.preventDefault(); on.move(alias.value.trim(), Number(version.value)); },
  },
  h('div', { class: 'field' }, h('label', { for: alias.id }, 'Alias'), alias, h('datalist', { id: `${id}-aliases` }, ...[standard, ...aliases.map(each => each.alias)].map(value => h('option', { value }))), errorOf(alias.id)),
  h('div', { class: 'field' }, h('label', { for: version.id }, 'Version'), version, errorOf(version.id)),
  h('button', { class: 'secondary', id: `${id}-go` }, 'Promote'),
  h('p', { class: 'note' }, `A request that names no version gets the alias ${standard}, or else the newest version.`),
  errorOf(id));
}
