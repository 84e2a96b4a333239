// What a new image set is made of.
import { clearErrors, errorOf, field, focusWrong, h, showError } from '../core/dom.js';
import { explain, problemOf } from '../core/http.js';

const id = name => `new-${name}`;
const input = (name, attributes) => h('input', { id: id(name), autocomplete: 'off', type: 'text', ...attributes });
const choice = (name, options) => h('select', { id: id(name) }, ...options.map(([value, text]) => h('option', { value }, text)));

export class NewSet {
  #file = h('input', { id: id('file'), type: 'file', accept: '.zip,.npz', class: 'visually-hidden', onchange: () => this.#chosen() });
  #what = h('span', { class: 'chosen' }, 'A zip file of PNG, JPEG and WebP files, a folder a class, or a NumPy archive; it can be dropped here');
  #inputs = {
    name: input('name', { spellcheck: 'false', placeholder: 'cats' }),
    size: input('size', { type: 'number', inputmode: 'numeric', min: 1, max: 512, value: 32 }),
    channels: choice('channels', [['3', 'Colour'], ['1', 'Grey']]),
    fit: choice('fit', [['cover', 'Cut off what hangs over'], ['pad', 'Put black around']]),
    testShare: input('testShare', { type: 'number', inputmode: 'decimal', min: 0, max: 0.9, step: 0.05, value: 0 }),
    duplicates: choice('duplicates', [['drop', 'Leave out'], ['keep', 'Keep']]),
    source: input('source', { maxlength: 500 }),
    terms: input('terms', { maxlength: 500 }),
  };
  #go = h('button', { id: id('go') }, 'Upload');

  /** @param begin takes (fields, file) and answers once the service knows of the upload */
  constructor(begin) {
    const over = event => { if (event.dataTransfer?.types.includes('Files')) event.preventDefault(); };
    const { name, size, channels, fit, testShare, duplicates, source, terms } = this.#inputs;
    this.element = h('form', { class: 'panel new-set', id: 'new-set', novalidate: true, 'aria-label': 'A new image set', onsubmit: event => { event.preventDefault(); this.#submit(begin); }, ondragover: over, ondrop: event => { over(event); this.#drop(event.dataTransfer); } },
      h('div', { class: 'file' }, this.#file, h('label', { for: this.#file.id, class: 'button' }, 'Choose a file'), this.#what, errorOf(this.#file.id)),
      field('Name', name), field('Pixels across', size), field('Colours', channels), this.#go,
      h('details', {}, h('summary', {}, 'More'), h('div', { class: 'options' },
        field('Shape', fit), field('Test share', testShare), field('Duplicates', duplicates), field('Source', source), field('Terms', terms))),
      errorOf(id('set')));
  }

  #drop({ files }) {
    if (files.length === 0) return;
    this.#file.files = files;
    this.#chosen();
  }

  #chosen() {
    const [file] = this.#file.files;
    if (!file) return;
    this.#what.textContent = file.name;
    // what jobs name it by
    const slug = file.name.replace(/\.[a-z0-9]+$/i, '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 64);
    if (!this.#inputs.name.value) this.#inputs.name.value = slug;
  }

  async #submit(begin) {
    clearErrors(this.element);
    const [file] = this.#file.files;
    if (!file) {
      showError(this.#file.id, 'Choose a file first.');
      return focusWrong(this.element);
    }
    this.#go.disabled = true;
    try {
      await begin({ ...this.#fields(), length: file.size }, file);
      this.#file.value = '';
      this.#inputs.name.value = '';
      this.#what.textContent = 'Another file can follow';
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#go.disabled = false;
    }
  }

  #fields() {
    const given = Object.entries(this.#inputs).map(([name, { value }]) => [name, value.trim()]).filter(([, value]) => value !== '');
    return Object.fromEntries(given.map(([name, value]) => [name, ['size', 'channels', 'testShare'].includes(name) && Number.isFinite(Number(value)) ? Number(value) : value]));
  }

  #explain(error) {
    const fields = Object.entries(problemOf(error)?.errors ?? {});
    const rest = fields.filter(([name, messages]) => !showError(id(name), messages));
    if (rest.length || fields.length === 0) showError(id('set'), explain(error));
    focusWrong(this.element);
  }
}
