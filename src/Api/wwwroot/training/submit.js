// A new job: from a shipped job file, from a file of one's own, or from a job that was, edited as text.
import { errorOf, field, h } from '../core/dom.js';
import { call, explain, get, problemOf } from '../core/http.js';
import { lineOf, placeOf } from './places.js';

export class Submit {
  #done;
  #templates = [];

  /** @param done told the id of a job that was accepted */
  constructor(done) {
    this.#done = done;
    this.template = h('select', { id: 'job-template', onchange: () => this.#fill(this.#templates[this.template.selectedIndex - 1]?.job) }, h('option', { value: '' }, 'choose'));
    this.file = h('input', { id: 'job-file', type: 'file', accept: '.json,application/json', onchange: () => this.#read() });
    this.priority = h('input', { id: 'job-priority', type: 'number', inputmode: 'numeric', min: -100, max: 100, step: 1, value: 0 });
    this.text = h('textarea', { id: 'job-text', rows: 16, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'job-text-error job-wrong' });
    this.wrong = h('ul', { class: 'wrong', id: 'job-wrong', 'aria-label': 'What is wrong with the job file' });
    this.element = h('details', { class: 'panel', id: 'job-new' },
      h('summary', {}, 'New job'),
      h('form', { class: 'new-job', novalidate: true, 'aria-label': 'New job', onsubmit: event => { event.preventDefault(); this.#send(); } },
        field('Begin with', this.template), field('or a file', this.file), field('Priority', this.priority),
        h('div', { class: 'field whole' }, h('label', { for: 'job-text' }, 'Job file'), this.text, errorOf('job-text'), this.wrong),
        h('div', { class: 'whole ends' }, h('button', { id: 'job-submit' }, 'Queue the job'))));
    this.element.addEventListener('toggle', () => { if (this.element.open) this.#list(); });
  }

  /** Opens with a job file that is to be looked at and queued. */
  offer(job) {
    this.element.open = true;
    this.#fill(job);
    this.element.scrollIntoView({ block: 'nearest' });
    this.element.querySelector('#job-submit').focus();
  }

  /** Opens with a copy of a job's file under another name. */
  copy(job, name) {
    this.element.open = true;
    this.#fill({ ...job, name });
    this.text.scrollIntoView({ block: 'nearest' });
    this.text.focus();
  }

  async #list() {
    if (this.#templates.length) return;
    try {
      this.#templates = await get('v1/training-templates');
      this.template.append(...this.#templates.map(({ name }) => h('option', { value: name }, name)));
    } catch (error) {
      this.#say(explain(error));
    }
  }

  #fill(job) {
    if (!job) return;
    this.text.value = JSON.stringify(job, null, 2);
    this.#clear();
  }

  async #read() {
    const [file] = this.file.files;
    if (!file) return;
    this.text.value = await file.text();
    this.#clear();
  }

  #clear() {
    this.wrong.replaceChildren();
    this.element.querySelectorAll('.error').forEach(place => { place.hidden = true; });
    this.element.querySelectorAll('[aria-invalid]').forEach(input => input.removeAttribute('aria-invalid'));
  }

  #say(text) {
    const place = this.element.querySelector('#job-text-error');
    [place.textContent, place.hidden] = [text, false];
  }

  async #send() {
    this.#clear();
    try {
      const answer = await call(`v1/training-jobs?priority=${encodeURIComponent(this.priority.value || 0)}`, { method: 'POST', body: this.text.value, headers: { 'content-type': 'application/json' } });
      const { id } = await answer.json();
      this.element.open = false;
      this.#done(id);
    } catch (error) {
      this.#explain(error);
    }
  }

  #explain(error) {
    const fields = Object.entries(problemOf(error)?.errors ?? {});
    for (const [name, messages] of fields.filter(([name]) => name === 'priority')) {
      const place = this.element.querySelector('#job-priority-error');
      [place.textContent, place.hidden] = [messages.join(' '), false];
      this.priority.setAttribute('aria-invalid', 'true');
    }
    const rest = fields.filter(([name]) => name !== 'priority');
    if (fields.length === 0 || rest.length === 0) return fields.length === 0 ? this.#say(explain(error)) : this.priority.focus();
    this.text.setAttribute('aria-invalid', 'true');
    this.wrong.replaceChildren(...rest.map(([name, messages]) => {
      const place = placeOf(this.text.value, name);
      const says = `${name}${place ? `, line ${lineOf(this.text.value, place[0])}` : ''}: ${messages.join(' ').replace(`${name}: `, '')}`;
      return h('li', {}, h('button', { type: 'button', class: 'link', onclick: () => this.#go(name) }, says));
    }));
    this.#go(rest[0][0]);
  }

  // to the field in the text, and chosen, so that what is typed takes its place
  #go(name) {
    const [start, end] = placeOf(this.text.value, name) ?? [0, 0];
    this.text.focus();
    this.text.setSelectionRange(start, end);
    const line = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = Math.max(0, (lineOf(this.text.value, start) - 4) * line);
  }
}
