// The form that starts an evaluation.
import { clearErrors, errorOf, field, focusWrong, h, showError } from '../core/dom.js';
import { call, explain, problemOf } from '../core/http.js';

const places = { version: 'evaluate-version', samplers: 'evaluate-samplers', steps: 'evaluate-steps', samples: 'evaluate-samples', data: 'evaluate-data' };

/**
 * @param catalogue { models, samplers }
 * @param chosen the model that is looked at
 * @param started what to do with the new one
 */
export function startForm({ models, samplers }, chosen, started) {
  const model = models.find(({ name }) => name === chosen), usual = model.sampling;
  const version = h('select', { id: 'evaluate-version' }, ...model.versions.toReversed().map(each => h('option', { value: each, selected: each === model.version }, `v${each}`)));
  const boxes = samplers.filter(({ name }) => model.samplers.includes(name)).map(({ name }) => h('label', { class: 'pill' },
    h('input', { type: 'checkbox', name: 'evaluate-sampler', value: name, checked: name === (usual?.sampler ?? model.samplers[0]) }), h('span', {}, name)));
  const steps = h('input', { id: 'evaluate-steps', type: 'text', value: usual?.sampler === 'dddm' ? '1, 2, 4' : '5, 10, 20', autocomplete: 'off', spellcheck: 'false' });
  const samples = h('input', { id: 'evaluate-samples', type: 'number', min: 2, step: 1, value: 200 });
  const data = h('input', { id: 'evaluate-data', type: 'text', value: model.data, autocomplete: 'off', spellcheck: 'false' });
  const form = h('form', { class: 'panel evaluate', id: 'evaluate', novalidate: true, 'aria-label': `Evaluate ${chosen}` },
    field('Version', version),
    h('fieldset', { id: 'evaluate-samplers', 'aria-describedby': 'evaluate-samplers-error' }, h('legend', {}, 'Samplers'), h('div', { class: 'choices' }, ...boxes), errorOf('evaluate-samplers')),
    field('Evaluations a picture', steps), field('Pictures', samples), field('Images to compare with', data),
    h('div', { class: 'actions' }, h('button', { id: 'evaluate-go' }, 'Evaluate')),
    errorOf('evaluate'));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    clearErrors(form);
    const counts = steps.value.split(/[\s,]+/).filter(Boolean).map(Number);
    const asked = [...form.querySelectorAll('[name="evaluate-sampler"]:checked')].map(({ value }) => ({ sampler: value, steps: counts }));
    try {
      const answer = await call('v1/evaluations', { method: 'POST', json: { model: chosen, version: version.value, samplers: asked, samples: Number(samples.value), data: data.value.trim() } });
      started(await answer.json());
    } catch (error) {
      explainAt(form, error);
    }
  });
  return form;
}

// the service counts samplers and step counts; the form has one field for each kind
function explainAt(form, error) {
  const fields = Object.entries(problemOf(error)?.errors ?? {});
  const rest = fields.filter(([name, messages]) => !showError(places[name] ?? places[name.split('.').at(-1)] ?? places[name.split('[')[0]] ?? '', messages));
  if (rest.length || fields.length === 0) showError('evaluate', rest.length ? rest.flatMap(([, messages]) => messages) : explain(error));
  focusWrong(form);
}
