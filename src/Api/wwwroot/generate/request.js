// What all settings share: labels, count, guidance, seed, and what else the service lets a caller say.
import { clearErrors, field, focusWrong, h, showError } from '../core/dom.js';
import { heading } from '../core/words.js';
import { choices } from '../core/api.js';
import { Labels } from './labels.js';

const call = ['post', '/generate'];
// those that the page asks for elsewhere, decides by itself, or that a file needs and the live pictures do not
const elsewhere = ['model', 'sampler', 'steps', 'n', 'seed', 'label', 'guidance', 'options', 'frames', 'kinds', 'format', 'scale'];
const guides = 'classifier';

export class SharedRequest {
  #form;
  #labels;
  #extras = new Map();

  /** @param samplers whose options stand with their settings */
  constructor(form, api, samplers) {
    this.#form = form;
    this.#labels = new Labels(form.querySelector('#label'));
    form.querySelector('#dice').addEventListener('click', () => { form.elements.seed.value = randomSeed() % 1_000_000; });
    const own = [...elsewhere, ...samplers.flatMap(({ options }) => options.map(({ name }) => name))];
    for (const name of api.fields(...call).filter(each => !own.includes(each))) this.#extras.set(name, this.#add(name, api.field(...call, name)));
    for (const name of ['n', 'guidance']) {
      const { minimum, maximum } = api.field(...call, name) ?? {};
      if (minimum !== undefined) form.elements[name].min = minimum;
      if (maximum !== undefined) form.elements[name].max = maximum;
    }
    form.querySelector('#more').hidden = this.#extras.size === 0;
  }

  /** Takes the labels of the model that leads, and what can guide others among all models. */
  offer(description, models) {
    this.#labels.offer(description.labels);
    const place = this.#extras.get(guides), { value } = place ?? {};
    place?.replaceChildren(h('option', { value: '' }, 'none'), ...models.filter(m => m.objective === 'noisy-classifier').flatMap(choices).map(name => h('option', { value: name }, name)));
    if (value) choose(place, value);
  }

  /** The fields as they stand; one seed for all, so that every setting starts from the same noise. */
  read() {
    const { n, guidance, seed } = this.#form.elements;
    const shared = { n: Number(n.value || 1), seed: seed.value.trim() || String(randomSeed()), guidance: guidance.value || null, label: this.#labels.value };
    for (const [name, input] of this.#extras) if (input.value) shared[name] = input.value;
    return shared;
  }

  /** Takes the shared part of a request. */
  write(request) {
    for (const name of ['n', 'seed', 'guidance']) this.#form.elements[name].value = request[name] ?? '';
    for (const [name, input] of this.#extras) choose(input, request[name] ?? '');
    this.#labels.value = request.label;
  }

  /** False, and said at the field, if something typed is no number at all. */
  check() {
    clearErrors(this.#form);
    const wrong = [...this.#form.querySelectorAll('input')].filter(input => input.validity.badInput && !input.closest('[hidden]'));
    for (const input of wrong) showError(input.id, 'This is not a number.');
    focusWrong(this.#form);
    return wrong.length === 0;
  }

  #add(name, says) {
    const title = /Ms$/.test(name) ? `${heading(name)} in ms` : heading(name);
    const input = name === guides ? h('select', { id: name, title: says.description }) : says.enum
      ? h('select', { id: name, title: says.description }, h('option', { value: '' }, 'as usual'), ...says.enum.map(word => h('option', { value: word }, word)))
      : /integer|number/.test(says.type)
        ? h('input', { id: name, type: 'number', inputmode: 'numeric', min: says.minimum, max: says.maximum, placeholder: 'none', title: says.description })
        : h('input', { id: name, type: 'text', placeholder: 'none', title: says.description });
    this.#form.querySelector('#more .options').append(field(title, input));
    return input;
  }
}

// a request may name what is not offered, such as an older version
function choose(input, value) {
  input.value = value;
  if (input.value !== value && input.options) input.append(h('option', { value, selected: true }, value));
}

function randomSeed() { return crypto.getRandomValues(new Uint32Array(1))[0]; }
