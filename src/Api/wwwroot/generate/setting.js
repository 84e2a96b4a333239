// One setting to compare: model, sampler, steps, and whatever options the sampler says it has.
import { choices, makers } from '../core/api.js';
import { h, field } from '../core/dom.js';

const usualSteps = 50;

export class Setting {
  #catalogue;
  #options = new Map();

  /** @param preferred the sampler to begin with; @param beside a model that is shown already, taken where none is made for the sampler */
  constructor(key, catalogue, preferred, beside) {
    this.key = key;
    this.model = h('select', { id: `${key}-model` });
    this.sampler = h('select', { id: `${key}-sampler` });
    this.steps = h('input', { id: `${key}-steps`, type: 'number', inputmode: 'numeric', min: 1, step: 1 });
    this.summary = h('p', { class: 'summary' });
    this.optionFields = h('div', { class: 'options' });
    this.element = h('div', { class: 'settings' },
      h('div', { class: 'choices' }, field('Model', this.model), field('Sampler', this.sampler), field('Steps', this.steps)),
      h('details', {}, h('summary', {}, 'Sampler options'), this.summary, this.optionFields));
    this.model.addEventListener('change', () => this.#modelChanged());
    this.sampler.addEventListener('change', () => this.#samplerChanged());
    const able = catalogue.models.filter(m => m.samplers.includes(preferred));
    const first = able.find(m => m.sampling?.sampler === preferred) ?? able.find(m => m.name === beside) ?? able[0] ?? makers(catalogue)[0];
    this.#fill(catalogue, first.name);
    this.#modelChanged(preferred);
  }

  get description() { return this.#catalogue.models.find(m => m.name === this.model.value.split('@')[0]); }

  get title() { return this.sampler.value.toUpperCase(); }

  /** Takes a newer catalogue; what was chosen stays chosen where it still exists. */
  refresh(catalogue) {
    const { value } = this.model;
    this.#fill(catalogue, value);
    if (this.model.value !== value) this.#modelChanged();
  }

  /** Takes the part of a request that is its own, as far as there still is what it names. */
  write({ model, sampler, steps, options }) {
    const offered = [...this.model.options].map(option => option.value), [name] = model.split('@');
    this.model.value = [model, name].find(choice => offered.includes(choice)) ?? this.model.value;
    this.#modelChanged(sampler);
    this.element.dispatchEvent(new Event('change'));
    this.steps.value = steps ?? this.steps.value;
    for (const [option, value] of Object.entries(options)) if (this.#options.has(option)) this.#options.get(option).value = value;
  }

  /** Its part of a request; options only where they differ from the model's own. */
  read() {
    const options = {};
    for (const [name, input] of this.#options) if (input.value !== '' && input.value !== input.dataset.default) options[name] = input.value;
    return { model: this.model.value, sampler: this.sampler.value, steps: this.steps.value || null, options };
  }

  /** Which frames to ask for: all of them, or every so many, so that what is kept for replay stays under a limit in bytes. */
  frames(n, limit) {
    const { width, height, channels } = this.description;
    const steps = Number(this.steps.value || this.#usualSteps());
    return { every: Math.max(1, Math.ceil(steps * n * 2 * width * height * channels / limit)), noisy: true, clean: true };
  }

  #fill(catalogue, name) {
    this.#catalogue = catalogue;
    this.model.replaceChildren(...makers(catalogue).flatMap(choices).map(choice => h('option', { value: choice, selected: choice === name }, choice)));
  }

  #modelChanged(preferred = this.description.sampling?.sampler) {
    const { samplers, timeSteps } = this.description;
    this.sampler.replaceChildren(...samplers.map(name => h('option', { value: name, selected: name === preferred }, name)), ...this.#unable(samplers));
    this.steps.max = timeSteps;
    this.#samplerChanged();
  }

  // what this model cannot be served by is to be seen, with the models that can, and not to be chosen
  #unable(able) {
    const model = this.description.name, others = this.#catalogue.samplers.filter(({ name }) => !able.includes(name));
    if (others.length === 0) return [];
    return [h('optgroup', { label: `Not for ${model}`, disabled: true }, ...others.map(({ name, models, fits }) =>
      h('option', { value: name, title: fits.find(fit => fit.model === model)?.reason }, `${name}: ${models.join(', ') || 'no model here'}`)))];
  }

  #samplerChanged() {
    const sampler = this.#catalogue.samplers.find(s => s.name === this.sampler.value);
    this.summary.textContent = `${sampler.summary} ${sampler.reference}.`;
    this.steps.value = this.#usualSteps();
    const own = this.#ownDefaults()?.options ?? {};
    this.#options = new Map(sampler.options.map(option => [option.name, this.#optionInput(option, String(own[option.name] ?? option.default))]));
    this.optionFields.replaceChildren(...[...this.#options].map(([name, input]) => this.#optionField(name, input)));
  }

  // a long word needs room to be read
  #optionField(name, input) {
    const element = field(name, input);
    element.classList.toggle('wide', [...(input.options ?? [])].some(({ text }) => text.length > 9));
    return element;
  }

  #optionInput(option, preset) {
    const attributes = { id: `${this.key}-${option.name}`, 'data-default': preset, title: option.description };
    const choices = option.choices ?? (option.kind === 'boolean' ? ['true', 'false'] : null);
    return choices
      ? h('select', attributes, ...choices.map(word => h('option', { value: word, selected: word === preset }, word)))
      : h('input', { ...attributes, type: 'number', inputmode: 'decimal', step: 'any', min: option.minimum, max: option.maximum, value: preset });
  }

  #ownDefaults() {
    const { sampling } = this.description;
    return sampling?.sampler === this.sampler.value ? sampling : null;
  }

  // what the model says of its own sampler, or else what another model says of this one
  #usualSteps() {
    const say = this.#ownDefaults() ?? this.#catalogue.models.find(m => m.sampling?.sampler === this.sampler.value)?.sampling;
    return Math.min(say?.steps ?? usualSteps, this.description.timeSteps);
  }
}
