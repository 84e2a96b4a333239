// The form that starts an evaluation.
import { clearErrors, errorOf, field, focusWrong, h, showError, showErrors } from '../core/dom.js';
import { call, explain, problemOf } from '../core/http.js';

/**
 * @param catalogue { models, samplers }
 * @param api what the service can measure
 * @param chosen the model that is looked at
 * @param started what to do with the new one
 */
export function startForm({ models, samplers }, api, chosen, started) {
  const model = models.find(({ name }) => name === chosen), usual = model.sampling;
  const version = h('select', { id: 'evaluate-version' }, ...model.versions.toReversed().map(each => h('option', { value: each, selected: each === model.version }, `v${each}`)));
  const able = samplers.map(({ name }) => name).filter(name => model.samplers.includes(name)), metrics = api.field('post', '/v1/evaluations', 'metrics');
  const steps = h('input', { id: 'evaluate-steps', type: 'text', value: usual?.steps <= 4 ? '1, 2, 4' : '5, 10, 20', autocomplete: 'off', spellcheck: 'false' });
  const samples = h('input', { id: 'evaluate-samples', type: 'number', min: 2, step: 1, value: 200 });
  const data = h('input', { id: 'evaluate-data', type: 'text', value: model.data, autocomplete: 'off', spellcheck: 'false' });
  const form = h('form', { class: 'panel evaluate', id: 'evaluate', novalidate: true, 'aria-label': `Evaluate ${chosen}` },
    field('Version', version),
    picks('samplers', 'Samplers', able, [usual?.sampler ?? model.samplers[0]]),
    picks('metrics', 'Metrics; none chosen are all but the likelihood', metrics?.items?.enum ?? [], [], metrics?.description),
    field('Evaluations a picture', steps), field('Pictures', samples), field('Images to compare with', data),
    h('div', { class: 'actions' }, h('button', { id: 'evaluate-go' }, 'Evaluate')),
    errorOf('evaluate'));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    clearErrors(form);
    const counts = steps.value.split(/[\s,]+/).filter(Boolean).map(Number);
    const picked = name => [...form.querySelectorAll(`[name="evaluate-${name}"]:checked`)].map(({ value }) => value);
    const asked = picked('samplers').map(sampler => ({ sampler, steps: counts })), measured = picked('metrics');
    try {
      const answer = await call('v1/evaluations', { method: 'POST', json: { model: chosen, version: version.value, samplers: asked, samples: Number(samples.value), data: data.value.trim(), ...(measured.length ? { metrics: measured } : {}) } });
      started(await answer.json());
    } catch (error) {
      explainAt(form, error);
    }
  });
  return form;
}

function picks(name, title, words, chosen, description) {
  const id = `evaluate-${name}`;
  return h('fieldset', { id, title: description, 'aria-describedby': `${id}-error`, hidden: words.length === 0 }, h('legend', {}, title),
    h('div', { class: 'picks' }, ...words.map(word => h('label', { class: 'pill' }, h('input', { type: 'checkbox', name: id, value: word, checked: chosen.includes(word) }), h('span', {}, word)))), errorOf(id));
}

// the service counts samplers and step counts; the form has one field for each kind
function explainAt(form, error) {
  const errors = problemOf(error)?.errors ?? {};
  const rest = showErrors(errors, name => [name, name.split('.').at(-1), name.split('[')[0]].map(each => `evaluate-${each}`));
  if (rest.length || Object.keys(errors).length === 0) showError('evaluate', rest.length ? rest : explain(error));
  focusWrong(form);
}
