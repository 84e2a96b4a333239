// The way from one picture to another: between the noises of two seeds, or between two images that are inverted first.
import { clearErrors, errorOf, field, focusWrong, h, showError } from '../core/dom.js';
import { copy, save } from '../core/files.js';
import { call, explain, problemOf } from '../core/http.js';
import { duration } from '../core/words.js';

const path = 'v1/interpolations';
const gap = 2;

export class Strip {
  #read;
  #ends = {};
  #made = null;

  /** @param read gives the request of the first setting: model, sampler, steps, options, label, guidance */
  constructor(api, read, announce) {
    this.#read = read;
    this.announce = announce;
    for (const [name, title, seed] of [['from', 'From seed', 7], ['to', 'To seed', 8]]) this.#ends[name] = this.#end(name, title, seed);
    this.count = h('input', { id: 'strip-n', type: 'number', inputmode: 'numeric', min: 2, step: 1, value: 8 });
    this.way = h('select', { id: 'strip-path', title: 'On the sphere keeps the strength of the noise; straight goes through weaker noise' },
      h('option', { value: 'slerp' }, 'on the sphere'), h('option', { value: 'lerp' }, 'straight'));
    this.go = h('button', { class: 'secondary', 'data-do': 'strip' }, 'Interpolate');
    this.status = h('p', { class: 'status' }, 'Model, sampler, steps and the first label are those of the first setting.');
    this.pictures = h('div', { class: 'frames' });
    this.command = h('code', { class: 'curl', tabindex: 0, 'aria-label': 'The same interpolation as a curl command' });
    this.copyButton = h('button', { type: 'button', class: 'quiet', onclick: () => this.#copy() }, 'Copy curl');
    this.footer = h('footer', { hidden: true },
      h('div', { class: 'command' }, this.command, this.copyButton),
      h('button', { type: 'button', class: 'quiet', 'data-do': 'save-strip', onclick: () => this.#save() }, 'Download PNG'));
    this.element = h('form', { class: 'panel strip', novalidate: true, 'aria-labelledby': 'strip-title', onsubmit: event => { event.preventDefault(); this.#run(); } },
      h('h2', { id: 'strip-title' }, 'From one to another'),
      h('div', { class: 'ends-of-strip' }, this.#ends.from.element, this.#ends.to.element, field('Pictures', this.count), field('Way', this.way), this.go),
      this.status, errorOf('strip'), this.pictures, this.footer);
    this.element.hidden = !api.has('post', `/${path}`);
  }

  #end(name, title, value) {
    const seed = h('input', { id: `strip-${name}`, type: 'text', inputmode: 'numeric', autocomplete: 'off', value, 'aria-describedby': `strip-${name}-error` });
    const file = h('input', { id: `strip-${name}-image`, type: 'file', accept: 'image/png,image/jpeg,image/webp', class: 'visually-hidden' });
    const clear = h('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => { file.value = ''; show(); seed.focus(); } }, 'Seed');
    const label = h('label', { for: file.id, class: 'button' }, 'Image');
    const show = () => {
      seed.disabled = file.files.length > 0;
      seed.value = seed.disabled ? file.files[0].name : value;
      clear.hidden = !seed.disabled;
      label.hidden = seed.disabled;
    };
    file.addEventListener('change', show);
    const read = async () => file.files.length ? { image: await dataUrl(file.files[0]) } : { seed: seed.value.trim() };
    return { read, element: h('div', { class: 'field' }, h('label', { for: seed.id }, title), h('div', { class: 'with-button' }, seed, h('span', {}, file, label, clear)), errorOf(seed.id)) };
  }

  async #run() {
    clearErrors(this.element);
    this.go.disabled = true;
    this.status.textContent = 'Interpolating';
    this.announce('Interpolating');
    try {
      const request = { ...this.#read(), from: await this.#ends.from.read(), to: await this.#ends.to.read(), n: this.count.value || undefined, path: this.way.value };
      this.#show(request, await (await call(`${path}?format=json`, { method: 'POST', json: request })).json());
    } catch (error) {
      this.#explain(error);
    } finally {
      this.go.disabled = false;
      this.announce(this.status.textContent);
    }
  }

  #show(request, made) {
    this.#made = made;
    this.pictures.replaceChildren(...made.images.map((image, i) =>
      h('img', { src: `data:image/png;base64,${image.png}`, alt: `Picture ${i + 1} of ${made.images.length}`, width: made.width, height: made.height })));
    const body = JSON.stringify({ ...request, model: made.model, from: shortened(request.from, 'from'), to: shortened(request.to, 'to') }).replaceAll("'", "'\\''");
    this.command.textContent = `curl -X POST '${new URL(`${path}?format=png`, document.baseURI)}' -H 'content-type: application/json' -d '${body}' -o strip.png`;
    this.status.textContent = `${made.model.replace('@', ' v')}, ${made.sampler}, ${made.steps} steps, ${duration(made.sampleMilliseconds)}`;
    this.footer.hidden = false;
  }

  #explain(error) {
    const problem = problemOf(error);
    const fields = Object.entries(problem?.errors ?? {});
    const rest = fields.filter(([name, messages]) => !showError(`strip-${name.split('.')[0]}`, messages));
    this.status.textContent = fields.length ? `${problem.title}.` : explain(error);
    if (rest.length) showError('strip', rest.flatMap(([, messages]) => messages));
    focusWrong(this.element);
  }

  async #save() {
    const { width, height, images } = this.#made;
    const sheet = h('canvas', { width: images.length * (width + gap) - gap, height });
    [...this.pictures.children].forEach((image, i) => sheet.getContext('2d').drawImage(image, i * (width + gap), 0));
    save(await new Promise(done => sheet.toBlob(done)), 'interpolation.png');
  }

  async #copy() {
    this.copyButton.textContent = await copy(this.command) ? 'Copied' : 'Selected';
    setTimeout(() => { this.copyButton.textContent = 'Copy curl'; }, 1500);
  }
}

const shortened = (end, name) => end.image ? { image: `<base64 of the image ${name}>` } : end;

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
