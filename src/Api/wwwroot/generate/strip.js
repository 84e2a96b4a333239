// The way from one picture to another: between the noises of two seeds, or between two images that are inverted first.
import { clearErrors, errorOf, field, focusWrong, h, showError, showErrors } from '../core/dom.js';
import { copy, save } from '../core/files.js';
import { explain, problemOf } from '../core/http.js';
import { duration, plural } from '../core/words.js';
import { ask } from './ask.js';
import { result } from './ending.js';
import { StripEnd } from './strip-end.js';

const path = 'v1/interpolations';
const gap = 2;
const ways = { slerp: 'on the sphere', lerp: 'straight' };

export class Strip {
  #read;
  #ends;
  #labels;
  #job = null;
  #made = null;

  /** @param read gives the request of the first setting: model, sampler, steps, options, guidance */
  constructor(api, read, announce) {
    this.#read = read;
    this.announce = announce;
    const may = name => api.field('post', `/${path}`, name) ?? {};
    const end = (name, title, preset) => new StripEnd(name, title, preset, api.types('post', `/${path}`, `${name}.image`));
    this.#ends = { from: end('from', 'From', 7), to: end('to', 'To', 8) };
    this.label = h('select', { id: 'strip-label' });
    this.count = h('input', { id: 'strip-n', type: 'number', inputmode: 'numeric', min: may('n').minimum, step: 1, value: 8 });
    this.way = h('select', { id: 'strip-path', title: may('path').description }, ...(may('path').enum ?? []).map(way => h('option', { value: way }, ways[way] ?? way)));
    this.go = h('button', { class: 'secondary', 'data-do': 'strip' }, 'Interpolate');
    this.stop = h('button', { type: 'button', class: 'secondary', 'data-do': 'stop-strip', hidden: true, title: 'Stop (Esc)', onclick: () => this.#job?.stop() }, 'Stop');
    this.status = h('p', { class: 'status' }, 'Model, sampler, steps and guidance are those of the first setting.');
    this.pictures = h('div', { class: 'frames', role: 'group', 'aria-label': 'The pictures of the way' });
    this.command = h('code', { class: 'curl', tabindex: 0, 'aria-label': 'The same interpolation as a curl command' });
    this.copyButton = h('button', { type: 'button', class: 'quiet', onclick: () => this.#copy() }, 'Copy curl');
    this.footer = h('footer', { hidden: true },
      h('div', { class: 'command' }, this.command, this.copyButton),
      h('button', { type: 'button', class: 'quiet', 'data-do': 'save-strip', onclick: () => this.#save() }, 'Download PNG'));
    this.element = h('form', { class: 'panel strip', novalidate: true, 'aria-labelledby': 'strip-title', onsubmit: event => { event.preventDefault(); this.#run(); } },
      h('h2', { id: 'strip-title' }, 'From one to another'),
      h('div', { class: 'ends-of-strip' }, this.#ends.from.element, this.#ends.to.element, field('Label', this.label), field('Pictures', this.count), field('Way', this.way), this.go, this.stop),
      this.status, errorOf('strip'), this.pictures, this.footer);
    this.element.addEventListener('keydown', event => { if (event.key === 'Escape') this.#job?.stop(); });
    this.element.hidden = !api.has('post', `/${path}`);
  }

  /** Takes the class names of the model; null when it has none. What was chosen stays chosen. */
  offer(names) {
    if (JSON.stringify(names) === this.#labels) return;
    this.#labels = JSON.stringify(names);
    const { value } = this.label;
    this.label.replaceChildren(h('option', { value: '' }, 'none'), ...(names ?? []).map((name, i) => h('option', { value: i, selected: String(i) === (value || '0') }, name)));
    this.label.disabled = !names?.length;
  }

  /** Shows an interpolation that the service keeps. */
  open({ id, ...record }) {
    this.element.scrollIntoView({ block: 'center' });
    return this.#follow({ stop: () => {}, done: result(id, { onLost: () => this.#lost() }) }, made => this.#show(made, `${record.n} pictures, `));
  }

  async #run() {
    if (this.go.hidden) return;
    clearErrors(this.element);
    this.#setRunning(true);
    const ends = { from: await this.#ends.from.read(), to: await this.#ends.to.read() };
    const request = { ...this.#read(), label: this.label.value || undefined, ...ends, n: this.count.value || undefined, path: this.way.value };
    await this.#follow(ask(path, request, () => this.#lost()), made => {
      this.#show(made);
      const body = JSON.stringify({ ...request, model: made.model, from: this.#ends.from.shortened(ends.from), to: this.#ends.to.shortened(ends.to) }).replaceAll("'", "'\\''");
      this.command.textContent = `curl -X POST '${new URL(`${path}?format=png`, document.baseURI)}' -H 'content-type: application/json' -d '${body}' -o strip.png`;
      this.command.parentElement.hidden = false;
    });
  }

  async #follow(job, show) {
    this.#job = job;
    this.#setRunning(true);
    this.status.textContent = 'Interpolating';
    this.announce('Interpolating');
    try {
      const made = await job.done;
      if (made) show(made);
      else this.status.textContent = 'Stopped.';
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#job = null;
      this.#setRunning(false);
      this.announce(this.status.textContent);
      focusWrong(this.element);
    }
  }

  #show(made, before = '') {
    this.#made = made;
    this.pictures.style.setProperty('--frames', made.images.length);
    this.pictures.replaceChildren(...made.images.map((image, i) =>
      h('img', { src: `data:image/png;base64,${image.png}`, alt: `Picture ${i + 1} of ${made.images.length}`, width: made.width, height: made.height })));
    this.status.textContent = `${before}${made.model.replace('@', ' v')}, ${made.sampler}, ${plural(made.steps, 'step')}, ${duration(made.sampleMilliseconds)}`;
    this.command.parentElement.hidden = true;
    this.footer.hidden = false;
  }

  #lost() { this.status.textContent = 'Connection lost; it is asked for again'; }

  #setRunning(running) {
    const [shown, gone] = running ? [this.stop, this.go] : [this.go, this.stop], focused = document.activeElement === gone;
    [shown.hidden, gone.hidden] = [false, true];
    if (focused) shown.focus();
  }

  #explain(error) {
    const problem = problemOf(error), rest = showErrors(problem?.errors, name => [`strip-${name.split('.')[0]}`]);
    this.status.textContent = Object.keys(problem?.errors ?? {}).length ? `${problem.title}.` : explain(error);
    if (rest.length) showError('strip', rest);
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
