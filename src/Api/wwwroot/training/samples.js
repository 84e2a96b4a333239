// What the run draws at fixed seeds: the grids, one at a time, and the strip that shows how it learns.
import { h } from '../core/dom.js';
import { call, get } from '../core/http.js';
import { number } from '../core/words.js';
import { pathOf } from './live.js';

export class Samples {
  #id = null;
  #steps = [];
  #again = false;
  #looking = null;
  #pictures = new Map();

  constructor() {
    this.grid = h('img', { alt: '' });
    this.strip = h('img', { alt: '', class: 'strip-of-job' });
    this.said = h('output', { for: 'grid-step' });
    this.slider = h('input', { id: 'grid-step', type: 'range', min: 0, max: 0, step: 1, value: 0, oninput: () => this.#show() });
    this.ends = h('span');
    this.element = h('div', { class: 'samples', hidden: true },
      h('figure', { class: 'panel' }, h('figcaption', {}, h('h3', {}, 'Samples'), h('div', { class: 'scrub' }, h('label', { for: 'grid-step', class: 'visually-hidden' }, 'Grid'), this.slider, this.said)), this.grid),
      h('figure', { class: 'panel' }, h('figcaption', {}, h('h3', {}, 'How it learns'), h('p', { class: 'note' }, this.ends)), h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'How it learns' }, this.strip)));
  }

  /** Shows another job, or none. */
  async of(id) {
    this.#id = id;
    this.#steps = [];
    this.element.hidden = true;
    this.#pictures.forEach(url => URL.revokeObjectURL(url));
    this.#pictures.clear();
    if (id) await this.refresh();
  }

  /** Looks for new grids; the newest is shown unless somebody looks at an older one. However many come, one look at a time. */
  refresh() {
    this.#again = true;
    this.#looking ??= this.#lookAgain().finally(() => { this.#looking = null; });
    return this.#looking;
  }

  async #lookAgain() {
    while (this.#again) {
      this.#again = false;
      await this.#look();
    }
  }

  async #look() {
    const id = this.#id;
    if (!id) return;
    const steps = (await get(`${pathOf(id)}/samples`)).map(({ step }) => step);
    if (id !== this.#id || steps.length === 0) return;
    const atEnd = Number(this.slider.value) >= this.#steps.length - 1;
    this.#steps = steps;
    this.slider.max = steps.length - 1;
    this.slider.disabled = steps.length === 1;
    if (atEnd) this.slider.value = steps.length - 1;
    this.element.hidden = false;
    await this.#show();
    const url = await this.#picture(`${pathOf(id)}/strip.png?columns=12&rows=8`, false);
    if (id !== this.#id) return;
    if (this.strip.src) URL.revokeObjectURL(this.strip.src);
    this.strip.src = url;
    this.strip.alt = `The same seeds after ${number(steps[0])} to ${number(steps.at(-1))} steps, from left to right`;
    this.ends.textContent = `Each row is one seed; from left to right ${steps.length === 1 ? `after step ${number(steps[0])}` : `step ${number(steps[0])} to ${number(steps.at(-1))}`}.`;
  }

  async #show() {
    const id = this.#id, step = this.#steps[Number(this.slider.value)];
    this.said.textContent = `step ${number(step)}`;
    this.slider.setAttribute('aria-valuetext', this.said.textContent);
    const url = await this.#picture(`${pathOf(id)}/samples/${step}.png`);
    if (id !== this.#id || step !== this.#steps[Number(this.slider.value)]) return;
    this.grid.src = url;
    this.grid.alt = `Samples after step ${number(step)}`;
  }

  // by call: a picture element sends no key
  async #picture(path, keep = true) {
    if (this.#pictures.has(path)) return this.#pictures.get(path);
    const url = URL.createObjectURL(await (await call(path)).blob());
    if (keep) this.#pictures.set(path, url);
    return url;
  }
}
