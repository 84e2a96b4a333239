// The view of quality: what was measured of a model, evaluations that run, and starting one.
import { h, redraw } from '../core/dom.js';
import { list, makers } from '../core/api.js';
import { call, explain, get } from '../core/http.js';
import { evaluations } from './list.js';
import { plot } from './plot.js';
import { figuresOf, linesOf } from './points.js';
import { startForm } from './start.js';

const interval = 1500, padding = 26; // ms, and pixels beside a plot, whose place is not there while it is empty

export class EvaluationView {
  title = 'Quality';
  element = document.getElementById('evaluation');
  #service;
  #catalogue;
  #announce;
  #looking = false;
  #timer = 0;
  #results = [];
  #places = {};
  #drawnFor = null;

  constructor(service, catalogue, announce) {
    [this.#service, this.#catalogue, this.#announce] = [service, catalogue, announce];
    for (const name of ['choice', 'problem', 'plot', 'start', 'list']) this.#places[name] = this.element.querySelector(`[data-place="${name}"]`);
    document.querySelector('[data-view-link="evaluation"]').hidden = !service.api.has('get', '/v1/evaluations');
  }

  enter(query) {
    if (query?.get('model')) this.#drawnFor = null;
    this.#choose(query?.get('model'));
    if (this.#looking) return;
    this.#looking = true;
    this.#look();
  }

  leave() {
    this.#looking = false;
    clearTimeout(this.#timer);
  }

  refresh(catalogue) {
    this.#catalogue = catalogue;
    if (!this.element.hidden) this.#choose();
  }

  get #models() { return makers(this.#catalogue); }

  get #model() { return document.getElementById('quality-model')?.value ?? this.#models[0].name; }

  get #version() { return document.getElementById('quality-version')?.value; }

  // which model and version is looked at, and which figure
  #choose(wanted) {
    const name = this.#models.some(each => each.name === wanted) ? wanted : this.#model;
    const model = this.#models.find(each => each.name === name) ?? this.#models[0];
    const pick = (id, label, options, on) => h('div', { class: 'field' }, h('label', { for: id }, label), h('select', { id, onchange: on }, ...options));
    redraw(this.#places.choice,
      pick('quality-model', 'Model', this.#models.map(each => h('option', { value: each.name, selected: each.name === model.name }, each.name)), () => this.#choose()),
      pick('quality-version', 'Version', model.versions.toReversed().map(each => h('option', { value: each, selected: each === model.version }, `v${each}`)), () => this.#look()),
      h('div', { class: 'field' }, h('label', { for: 'quality-figure' }, 'Figure'), h('select', { id: 'quality-figure', onchange: () => this.#draw() })));
    if (this.#drawnFor !== model.name && this.#service.api.has('post', '/v1/evaluations')) {
      this.#places.start.replaceChildren(startForm(this.#catalogue, this.#service.api, model.name, started => this.#started(started)));
      this.#drawnFor = model.name;
    }
    if (this.#looking) this.#look();
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      const [version, page] = await Promise.all([get(`v1/models/${encodeURIComponent(this.#model)}/versions/${this.#version}`), get(`v1/evaluations?limit=20&model=${encodeURIComponent(this.#model)}`)]);
      this.#results = version.results ?? [];
      const items = list(page);
      redraw(this.#places.list, items.length ? evaluations(items, each => this.#cancel(each)) : h('p', { class: 'note' }, 'No evaluation of this model yet.'));
      this.#draw();
      this.#places.problem.hidden = true;
    } catch (error) {
      this.#places.problem.textContent = explain(error);
      this.#places.problem.hidden = false;
    }
    if (this.#looking) this.#timer = setTimeout(() => this.#look(), interval);
  }

  #draw() {
    const choice = document.getElementById('quality-figure'), names = figuresOf(this.#results.filter(({ settings }) => settings?.sampler && settings?.steps));
    const figure = names.includes(choice.value) ? choice.value : names[0];
    if ([...choice.options].map(({ value }) => value).join() !== names.join()) choice.replaceChildren(...names.map(name => h('option', { value: name }, name)));
    choice.value = figure ?? '';
    choice.disabled = names.length === 0;
    redraw(this.#places.plot, figure ? plot(figure, linesOf(this.#results, figure), this.element.clientWidth - padding) : h('p', { class: 'note' }, 'Nothing was measured of this version yet.'));
  }

  #started({ version, points }) {
    this.#announce(`The evaluation of version ${version} at ${points.length} points is queued.`);
    document.getElementById('quality-version').value = version;
    this.#look();
  }

  async #cancel({ id }) {
    try {
      await call(`v1/evaluations/${encodeURIComponent(id)}/cancel`, { method: 'POST' });
      this.#announce('The evaluation is cancelled.');
    } catch (error) {
      this.#announce(explain(error));
    }
    this.#look();
  }
}
