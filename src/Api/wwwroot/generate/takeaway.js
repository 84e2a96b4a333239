// What can be taken from a finished lane: the command that makes the same again, and files.
import { h } from '../core/dom.js';
import { copy, nameOf, save } from '../core/files.js';
import { call, explain } from '../core/http.js';
import { address, curl } from './curl.js';

const shown = 'grid';

export class Takeaway {
  #request;
  #id;
  #sheet;

  /** @param formats what the service can make; @param sheet gives the canvas with all pictures as shown */
  constructor(key, formats, sheet) {
    this.#sheet = sheet;
    this.command = h('code', { class: 'curl', tabindex: 0, 'aria-label': 'The same request as a curl command' });
    this.copyButton = h('button', { type: 'button', class: 'quiet', 'data-do': 'curl', onclick: () => this.#copy() }, 'Copy curl');
    this.format = h('select', { id: `${key}-format`, 'aria-label': 'File format', 'data-do': 'format' },
      h('option', { value: shown }, 'As shown, PNG'), ...formats.map(format => h('option', { value: format }, format.toUpperCase())));
    this.saveButton = h('button', { type: 'button', class: 'quiet', 'data-do': 'save', onclick: () => this.#save() }, 'Download');
    this.problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    this.element = h('footer', { hidden: true },
      h('div', { class: 'command' }, this.command, this.copyButton),
      h('div', { class: 'links' }, this.format, this.saveButton), this.problem);
  }

  /** @param id of a generation whose result the service keeps, or null */
  offer(request, id) {
    [this.#request, this.#id] = [request, id];
    this.command.textContent = curl(request);
    this.problem.hidden = true;
    this.element.hidden = false;
  }

  hide() { this.element.hidden = true; }

  async #copy() {
    this.copyButton.textContent = await copy(this.command) ? 'Copied' : 'Selected';
    setTimeout(() => { this.copyButton.textContent = 'Copy curl'; }, 1500);
  }

  async #save() {
    const { sampler, steps, seed } = this.#request, name = `${sampler}-${steps}-seed-${seed}`, format = this.format.value;
    this.problem.hidden = true;
    if (format === shown) return save(await new Promise(done => this.#sheet().toBlob(done)), `${name}.png`);
    this.saveButton.disabled = true;
    try {
      const answer = await this.#fetch(format);
      save(await answer.blob(), nameOf(answer, `${name}.${format}`));
    } catch (error) {
      this.problem.textContent = explain(error);
      this.problem.hidden = false;
    } finally {
      this.saveButton.disabled = false;
    }
  }

  // what is not kept is made again, which gives the same pictures
  #fetch(format) {
    return this.#id ? call(`v1/generations/${this.#id}/result?format=${format}`) : call(address(this.#request, format), { method: 'POST' });
  }
}
