// The view of the queue: who waits for what, and how full the batch is, as long as somebody looks.
import { h, redraw } from '../core/dom.js';
import { explain, get } from '../core/http.js';
import { list } from '../core/api.js';
import { columnsOf, table, text } from '../core/table.js';
import { duration, heading, plural } from '../core/words.js';
import { Chart } from './chart.js';
import { lane } from './lane.js';
import { ownList } from './own-list.js';
import { recent } from './recent.js';

const interval = 1000;
const drawn = ['generations', 'rowsWaiting', 'rowsRunning', 'predictedWaitMs']; // above, in the charts

export class QueueView {
  title = 'Queue';
  element = document.getElementById('queue');
  #service;
  #looking = false;
  #timer = 0;
  #batch = new Chart('Rows in the batch', 'rows');
  #waiting = new Chart('Rows waiting', 'rows');
  #places = {};

  constructor(service) {
    this.#service = service;
    for (const name of ['now', 'problem', 'figures', 'lanes', 'tables', 'own', 'recent']) this.#places[name] = this.element.querySelector(`[data-place="${name}"]`);
    this.element.querySelector('[data-place="charts"]').append(this.#batch.element, this.#waiting.element);
    document.addEventListener('visibilitychange', () => { if (this.#looking && !document.hidden) this.#look(); });
  }

  enter() {
    if (this.#looking) return;
    this.#looking = true;
    this.#look();
  }

  leave() {
    this.#looking = false;
    clearTimeout(this.#timer);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (!this.#looking || document.hidden) return;
    try {
      const kept = this.#service.api.has('get', '/v1/generations') ? get('v1/generations?limit=20') : null;
      this.#show(await get('v1/queue'), kept && list(await kept));
      this.#places.problem.hidden = true;
    } catch (error) {
      this.#places.problem.textContent = explain(error);
      this.#places.problem.hidden = false;
    }
    if (this.#looking) this.#timer = setTimeout(() => this.#look(), interval);
  }

  #show(queue, kept) {
    const { generations = 0, rowsWaiting = 0, rowsRunning = 0 } = queue;
    this.#batch.add(generations ? rowsRunning : 0, Math.max(0, ...(queue.lanes ?? []).map(({ cap }) => cap ?? 0)));
    this.#waiting.add(rowsWaiting);
    const ahead = queue.predictedWaitMs ?? rowsWaiting * (queue.rowMilliseconds ?? 0);
    redraw(this.#places.now, generations === 0 ? 'Nothing waits.' : `${plural(generations, 'generation')} with ${plural(rowsWaiting, 'row')} to go${ahead > 0 ? `, done in about ${duration(ahead)}` : ''}.`);
    const members = Object.entries(queue);
    const isTable = value => Array.isArray(value) && value.every(each => each && typeof each === 'object');
    const figures = members.filter(([name, value]) => value !== null && !drawn.includes(name) && !isTable(value));
    redraw(this.#places.figures, ...figures.map(([name, value]) => h('div', {}, h('dt', {}, heading(name)), h('dd', {}, text(name, value)))));
    redraw(this.#places.lanes, ...(queue.lanes ?? []).map(lane));
    const tables = members.filter(([name, value]) => name !== 'lanes' && isTable(value) && value.length > 0);
    redraw(this.#places.tables, ...tables.map(([name, rows]) => table(heading(name), columnsOf(rows), rows)));
    redraw(this.#places.own, ownList(entry => this.#cancel(entry)));
    redraw(this.#places.recent, ...(kept?.length ? [recent(kept)] : []));
  }

  async #cancel(entry) {
    try {
      await this.#service.hub.invoke('Cancel', entry.id);
    } catch (error) {
      this.#places.problem.textContent = explain(error);
      this.#places.problem.hidden = false;
    }
    this.#look();
  }
}
