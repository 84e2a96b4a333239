// What all settings share: labels, count, guidance, seed, and what else the service lets a caller say.
import { clearErrors, field, focusWrong, h, showError } from '../core/dom.js';
import { Labels } from './labels.js';

const extras = { determinism: 'Determinism', priority: 'Priority', deadlineMs: 'Deadline in ms' };

export class SharedRequest {
  #form;
  #labels;
  #extras = new Map();

  constructor(form, api) {
    this.#form = form;
    this.#labels = new Labels(form.querySelector('#label'));
    form.querySelector('#dice').addEventListener('click', () => { form.elements.seed.value = randomSeed() % 1_000_000; });
    for (const [name, title] of Object.entries(extras)) {
      const says = api.field('post', '/generate', name);
      if (says) this.#extras.set(name, this.#add(name, title, says));
    }
    form.querySelector('#more').hidden = this.#extras.size === 0;
  }

  /** Takes the labels of the model that leads. */
  offer(description) { this.#labels.offer(description.labels); }

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
    for (const [name, input] of this.#extras) input.value = request[name] ?? '';
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

  #add(name, title, says) {
    const input = says.enum
      ? h('select', { id: name, title: says.description }, h('option', { value: '' }, 'as usual'), ...says.enum.map(word => h('option', { value: word }, word)))
      : h('input', { id: name, type: 'number', inputmode: 'numeric', min: says.minimum, placeholder: 'none', title: says.description });
    this.#form.querySelector('#more .options').append(field(title, input));
    return input;
  }
}

function randomSeed() { return crypto.getRandomValues(new Uint32Array(1))[0]; }
