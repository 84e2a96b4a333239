// The settings of one lane: model, sampler, steps, and whatever options the sampler says it has.
import { h, field } from './dom.js';

const usualSteps = 50;
const longestTrajectory = 64e6; // bytes of frames that a lane may hold

export class LaneForm {
  #catalogue;
  #options = new Map();

  /** @param preferred the sampler to begin with */
  constructor(key, catalogue, preferred) {
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
    const first = able.find(m => m.sampling?.sampler === preferred) ?? able[0] ?? catalogue.models[0];
    this.#fill(catalogue, first.name);
    this.#modelChanged(preferred);
  }

  get description() { return this.#catalogue.models.find(m => m.name === this.model.value); }

  /** Takes a newer catalogue; what was chosen stays chosen where it still exists. */
  refresh(catalogue) {
    const { value } = this.model;
    this.#fill(catalogue, value);
    if (this.model.value !== value) this.#modelChanged();
  }

  /** The lane's part of a request of n pictures; options only where they differ from the model's own. */
  request(n) {
    const { width, height, channels } = this.description;
    const options = {};
    for (const [name, input] of this.#options) if (input.value !== '' && input.value !== input.dataset.default) options[name] = input.value;
    const steps = Number(this.steps.value || this.#usualSteps());
    const every = Math.max(1, Math.ceil(steps * n * 2 * width * height * channels / longestTrajectory));
    return { model: this.model.value, sampler: this.sampler.value, steps: this.steps.value || null, options, frames: { every, noisy: true, clean: true } };
  }

  #fill(catalogue, name) {
    this.#catalogue = catalogue;
    this.model.replaceChildren(...catalogue.models.map(m => h('option', { value: m.name, selected: m.name === name }, m.name)));
  }

  #modelChanged(preferred = this.description.sampling?.sampler) {
    const { samplers, timeSteps } = this.description;
    this.sampler.replaceChildren(...samplers.map(name => h('option', { value: name, selected: name === preferred }, name)));
    this.steps.max = timeSteps;
    this.#samplerChanged();
  }

  #samplerChanged() {
    const sampler = this.#catalogue.samplers.find(s => s.name === this.sampler.value);
    this.summary.textContent = `${sampler.summary} ${sampler.reference}.`;
    this.steps.value = this.#usualSteps();
    const own = this.#ownDefaults()?.options ?? {};
    this.#options = new Map(sampler.options.map(option => [option.name, this.#optionInput(option, own[option.name] ?? option.default)]));
    this.optionFields.replaceChildren(...[...this.#options].map(([name, input]) => field(name, input)));
  }

  #optionInput(option, preset) {
    const attributes = { id: `${this.key}-${option.name}`, 'data-default': preset, title: option.description };
    return option.choices
      ? h('select', attributes, ...option.choices.map(word => h('option', { value: word, selected: word === preset }, word)))
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
