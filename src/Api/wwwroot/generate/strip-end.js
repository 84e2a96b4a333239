// One end of an interpolation: a seed, or an image of one's own.
import { errorOf, h } from '../core/dom.js';

export class StripEnd {
  #preset;
  #file;
  #seed;

  /** @param types of files that the service reads, as a browser's file dialog takes them */
  constructor(name, title, preset, types) {
    this.#preset = preset;
    const id = `strip-${name}`;
    this.#seed = h('input', { id, type: 'text', inputmode: 'numeric', autocomplete: 'off', value: preset, 'aria-describedby': `${id}-error` });
    this.#file = h('input', { id: `${id}-image`, type: 'file', accept: types, class: 'visually-hidden', onchange: () => this.#show() });
    this.label = h('label', { for: this.#file.id, class: 'button' }, 'Image', h('span', { class: 'visually-hidden' }, ` instead of the seed ${name}`));
    this.picture = h('img', { class: 'thumbnail', alt: '', hidden: true });
    this.clear = h('button', { type: 'button', class: 'quiet', hidden: true, 'aria-label': `Seed instead of the image ${name}`, onclick: () => this.#forget() }, 'Seed');
    this.what = h('span', {}, 'seed');
    this.element = h('div', { class: 'field' }, h('label', { for: id }, `${title} `, this.what),
      h('div', { class: 'with-button' }, this.#seed, h('span', {}, this.#file, this.label, this.clear), this.picture), errorOf(id));
  }

  /** What it asks for. */
  async read() {
    return this.#file.files.length ? { image: await dataUrl(this.#file.files[0]) } : { seed: this.#seed.value.trim() };
  }

  /** The same with a word where the image stands, to be read by people. */
  shortened(end) { return end.image ? { image: `<base64 of ${this.#seed.value}>` } : end; }

  #forget() {
    this.#file.value = '';
    this.#show();
    this.#seed.focus();
  }

  #show() {
    const [file] = this.#file.files;
    if (!this.#seed.disabled) this.#preset = this.#seed.value;
    this.#seed.disabled = Boolean(file);
    this.#seed.value = file?.name ?? this.#preset;
    this.what.textContent = file ? 'image' : 'seed';
    this.clear.hidden = this.picture.hidden = !file;
    this.label.hidden = Boolean(file);
    URL.revokeObjectURL(this.picture.src);
    if (file) this.picture.src = URL.createObjectURL(file);
    if (file) this.clear.focus();
  }
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
