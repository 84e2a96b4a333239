// One model: what it is, its versions, and which of them its aliases stand for.
import { errorOf, h } from '../core/dom.js';
import { table } from '../core/table.js';
import { moment, number } from '../core/words.js';

/**
 * @param may { move, back }: what the service offers
 * @param on { move(alias, version), back(alias) }
 */
export function card(model, versions, may, on) {
  return h('article', { class: 'panel model', id: `model-${model.name}` },
    h('header', {}, h('h2', {}, model.name), h('span', { class: 'tag' }, `v${model.version}`)),
    h('p', { class: 'note' }, about(model)),
    h('dl', { class: 'figures' }, ...figures(model)),
    versionTable(model, versions),
    aliases(model, may, on),
    may.move && promotion(model, on));
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

function versionTable(model, versions) {
  const named = version => Object.entries(model.aliases ?? {}).filter(([, at]) => at === version).map(([alias]) => alias);
  const rows = [...model.versions].reverse().map(version => ({ version, ...versions.find(each => each.version === version), ...(version === model.version ? model : {}) }));
  return table(`Versions of ${model.name}`, [
    ['Version', row => `v${row.version}`],
    ['Published', row => row.created && moment(row.created)],
    ['Images seen', row => row.imagesSeen === undefined ? '' : number(row.imagesSeen), true],
    ['Parent', row => row.parent && `${row.parent.model} v${row.parent.version}`],
    ['Measured', row => Object.entries(row.metrics ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(', ')],
    ['Known as', row => h('span', {}, ...named(row.version).flatMap(alias => [h('span', { class: 'tag' }, alias), ' ']), row.version === model.version ? h('span', { class: 'tag plain' }, 'default') : '')],
  ], rows);
}

function aliases(model, may, on) {
  const all = Object.entries(model.aliases ?? {});
  if (all.length === 0) return h('p', { class: 'note' }, 'No aliases: a request that names no version gets the newest.');
  return h('ul', { class: 'aliases', 'aria-label': `Aliases of ${model.name}` }, ...all.map(([alias, version]) =>
    h('li', {}, h('code', {}, `${model.name}@${alias}`), ` is v${version} `,
      may.back && h('button', { type: 'button', class: 'quiet', id: `back-${model.name}-${alias}`, 'aria-label': `Roll back ${model.name}@${alias}`, onclick: () => on.back(alias) }, 'Roll back'))));
}

function promotion(model, on) {
  const id = `promote-${model.name}`;
  const alias = h('input', { id: `${id}-alias`, type: 'text', value: Object.keys(model.aliases ?? {})[0] ?? 'prod', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': `${id}-alias-error` });
  const version = h('select', { id: `${id}-version`, 'aria-describedby': `${id}-version-error` }, ...[...model.versions].reverse().map(each => h('option', { value: each }, `v${each}`)));
  return h('form', {
    class: 'promotion', id, novalidate: true, 'aria-label': `Promote a version of ${model.name}`,
    onsubmit: event => { event.preventDefault(); on.move(alias.value.trim(), Number(version.value)); },
  },
  h('div', { class: 'field' }, h('label', { for: alias.id }, 'Alias'), alias, errorOf(alias.id)),
  h('div', { class: 'field' }, h('label', { for: version.id }, 'Version'), version, errorOf(version.id)),
  h('button', { class: 'secondary' }, 'Promote'),
  errorOf(id));
}
