// One model: what it is, its versions, and which of them its aliases stand for.
import { errorOf, h } from '../core/dom.js';
import { table } from '../core/table.js';
import { moment, number } from '../core/words.js';

/**
 * @param may { move, back }: what the service offers
 * @param on { move(alias, version), back(alias) }
 */
export function card(model, versions, aliases, may, on) {
  return h('article', { class: 'panel model', id: `model-${model.name}` },
    h('header', {}, h('h2', {}, model.name), h('span', { class: 'tag' }, `v${model.version}`)),
    h('p', { class: 'note' }, about(model)),
    h('dl', { class: 'figures' }, ...figures(model)),
    versionTable(model, versions, aliases),
    aliasList(model, aliases, may, on),
    may.move && promotion(model, aliases, on));
}

function about({ width, height, channels, labels, objective, schedule, timeSteps, samplers }) {
  const classes = labels?.length ? `, ${labels.length} labels` : '';
  return `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}${classes}. Trained for ${objective} on a ${schedule} schedule of ${timeSteps} steps; served by ${samplers.join(', ')}.`;
}

function figures({ data, imagesSeen, created, sampling, metrics = {} }) {
  const rows = [
    ['Data', data], ['Images seen', number(imagesSeen)], ['Published', moment(created)],
    ...(sampling ? [['By default', `${sampling.sampler}, ${sampling.steps} steps, guidance ${sampling.guidance ?? 1}`]] : []),
    ...Object.entries(metrics).map(([name, value]) => [name, number(value)]),
  ];
  return rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)));
}

function versionTable(model, versions, aliases) {
  const rows = versions.map(each => each.version === model.version ? { ...model, ...each } : each);
  const named = ({ version }) => [...aliases.filter(each => each.version === version).map(({ alias }) => h('span', { class: 'tag' }, alias)),
    ...(version === model.version ? [h('span', { class: 'tag plain' }, 'served')] : [])];
  return table('Versions', [
    ['Version', row => `v${row.version}`],
    ['Known as', row => h('span', { class: 'tags' }, ...named(row))],
    ['Published', row => row.created && moment(row.created)],
    ['Images seen', row => row.imagesSeen === undefined ? '' : number(row.imagesSeen), true],
    ['Parent', row => typeof row.parent === 'object' && row.parent ? `${row.parent.model}@${row.parent.version}` : row.parent],
    ['Measured', row => Object.entries(row.metrics ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(', '), 'prose'],
  ], rows, `Versions of ${model.name}`);
}

function aliasList(model, aliases, may, on) {
  if (aliases.length === 0) return h('p', { class: 'note' }, 'No aliases yet.');
  return h('ul', { class: 'aliases', 'aria-label': `Aliases of ${model.name}` }, ...aliases.map(({ alias, version, changed, before, mark }) =>
    h('li', { 'data-mark': mark }, h('span', {}, h('code', {}, `${model.name}@${alias}`), ` is v${version}`, changed ? ` since ${moment(changed)}` : '', before.length ? `, before v${before.at(-1)}` : ''),
      may.back && before.length > 0 && h('button', { type: 'button', class: 'quiet', id: `back-${model.name}-${alias}`, 'aria-label': `Roll back ${model.name}@${alias}`, onclick: () => on.back(alias) }, 'Roll back'))));
}

function promotion(model, aliases, on) {
  const id = `promote-${model.name}`;
  const alias = h('input', { id: `${id}-alias`, type: 'text', value: 'default', list: `${id}-aliases`, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': `${id}-alias-error` });
  const version = h('select', { id: `${id}-version`, 'aria-describedby': `${id}-version-error` }, ...model.versions.toReversed().map((each, i) => h('option', { value: each, selected: i === 0 }, `v${each}`)));
  return h('form', {
    class: 'promotion', id, novalidate: true, 'aria-label': `Promote a version of ${model.name}`,
    onsubmit: event => { event.preventDefault(); on.move(alias.value.trim(), Number(version.value)); },
  },
  h('div', { class: 'field' }, h('label', { for: alias.id }, 'Alias'), alias, h('datalist', { id: `${id}-aliases` }, ...['default', ...aliases.map(each => each.alias)].map(value => h('option', { value }))), errorOf(alias.id)),
  h('div', { class: 'field' }, h('label', { for: version.id }, 'Version'), version, errorOf(version.id)),
  h('button', { class: 'secondary', id: `${id}-go` }, 'Promote'),
  h('p', { class: 'note' }, 'A request that names no version gets the alias default, or else the newest version.'),
  errorOf(id));
}
