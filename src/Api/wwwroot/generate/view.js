// The view that generates: settings side by side, one run of all of them, and the way back through the steps.
import { usualSamplers } from '../core/api.js';
import { focusWrong, showError, showErrors } from '../core/dom.js';
import { explain, get, problemOf } from '../core/http.js';
import { path } from './ending.js';
import { Lane } from './lane.js';
import { pending, setPending } from './pending.js';
import { Replay } from './replay.js';
import { SharedRequest } from './request.js';
import { keeps, run } from './run.js';
import { Strip } from './strip.js';
import { Setting } from './setting.js';

const keys = ['a', 'b', 'c', 'd'];
const framesLimit = 128e6; // bytes that all lanes together may keep for replay
const byId = id => document.getElementById(id);

export class GenerateView {
  title = 'Generate';
  element = byId('generate');
  #form = byId('form');
  #lanes = [];
  #jobs = [];
  #service;
  #catalogue;
  #shared;
  #replay;
  #announce;
  #strip;

  /** @param service { hub, api }; @param announce says a sentence to those who do not see */
  constructor(service, catalogue, announce) {
    [this.#service, this.#catalogue, this.#announce] = [service, catalogue, announce];
    this.#shared = new SharedRequest(this.#form, service.api, catalogue.samplers);
    this.#replay = new Replay(byId('scrub'), byId('play'), () => this.#show());
    this.#strip = new Strip(service.api, () => this.#first(), announce);
    byId('strip').append(this.#strip.element);
    this.#add();
    this.#add();
    this.#form.addEventListener('submit', event => { event.preventDefault(); this.#submit(); });
    this.#form.addEventListener('change', event => { if (event.target.name === 'view') this.#show(); });
    byId('stop').addEventListener('click', () => this.#stop());
    byId('add').addEventListener('click', () => this.#add().setting.model.focus());
    addEventListener('keydown', event => { if (event.key === 'Escape' && !document.querySelector('dialog[open]')) this.#stop(); });
  }

  refresh(catalogue) {
    this.#catalogue = catalogue;
    this.#lanes.forEach(lane => lane.setting.refresh(catalogue));
    this.#offer();
  }

  connected(stands) {
    byId('go').disabled = !stands;
    this.#lanes.forEach(lane => { lane.again.disabled = !stands; });
  }

  #add() {
    const used = this.#lanes.map(lane => lane.setting);
    const key = keys.find(each => used.every(setting => setting.key !== each));
    const can = usualSamplers(this.#catalogue);
    const preferred = can.find(sampler => used.every(setting => setting.sampler.value !== sampler)) ?? can[0];
    const formats = this.#service.api.field('post', '/generate', 'format')?.enum ?? [];
    const lane = new Lane(new Setting(key, this.#catalogue, preferred, used[0]?.description.name), formats, { remove: gone => this.#remove(gone), again: lost => this.#run([lost]) });
    lane.setting.model.addEventListener('change', () => this.#offer());
    this.#lanes.push(lane);
    byId('lanes').append(lane.element);
    this.#count();
    return lane;
  }

  #remove(lane) {
    this.#lanes = this.#lanes.filter(each => each !== lane);
    lane.element.remove();
    this.#count();
    this.#lanes.at(-1).setting.model.focus();
    this.#replay.offer(Math.max(...this.#lanes.map(each => each.steps)));
  }

  #count() {
    const { length } = this.#lanes;
    byId('lanes').dataset.count = length;
    byId('add').disabled = length === keys.length || this.#jobs.length > 0;
    this.#lanes.forEach(lane => { lane.remove.hidden = length === 1 || this.#jobs.length > 0; });
    this.#offer();
  }

  #offer() {
    const { description } = this.#lanes[0].setting;
    this.#shared.offer(description, this.#catalogue.models);
    this.#strip.offer(description.labels);
  }

  /** What the first setting asks for, but for what an interpolation has of its own. */
  #first() {
    const { n, seed, label, ...shared } = this.#shared.read();
    return { ...this.#lanes[0].setting.read(), ...shared };
  }

  #submit() {
    if (byId('go').hidden || byId('go').disabled || !this.#shared.check()) return;
    const shared = this.#shared.read();
    for (const lane of this.#lanes) lane.ask(shared, framesLimit / this.#lanes.length);
    this.#run(this.#lanes);
  }

  /** Goes on watching what this tab waited for when the page was left. */
  resume() {
    this.#watch(keeps(this.#service.api) ? pending() : []);
  }

  /** Shows a generation that the address names: as it runs, or what it made. */
  async enter(query) {
    const id = query.get('id');
    if (query.has('model') && !this.#jobs.length) this.#choose(query.get('model'));
    if (!id || this.#jobs.length || !keeps(this.#service.api)) return;
    history.replaceState(null, '', '#/generate');
    try {
      const { labels: label, ...record } = await get(path(id));
      if (record.kind === 'interpolation') await this.#strip.open(record);
      else this.#watch([{ id, request: { ...record, label } }]);
    } catch (error) {
      showError('form', explain(error));
    }
  }

  /** Takes a model that the address names into the first setting, with what is usual for it. */
  #choose(model) {
    history.replaceState(null, '', '#/generate');
    this.#lanes[0].setting.write({ model, options: {} });
    this.#offer();
  }

  #watch(waiting) {
    if (waiting.length === 0 || this.#jobs.length) return;
    while (this.#lanes.length < waiting.length) this.#add();
    while (this.#lanes.length > waiting.length) this.#remove(this.#lanes.at(-1));
    this.#lanes.forEach((lane, i) => {
      lane.request = waiting[i].request;
      lane.setting.write(lane.request);
    });
    this.#shared.write(waiting[0].request);
    this.#run(this.#lanes, waiting.map(({ id }) => id));
  }

  /** Runs what the lanes were last asked for; with ids, watches what runs already. */
  async #run(lanes, ids = []) {
    if (this.#jobs.length) return;
    this.#announce('Generating');
    this.#replay.offer(0);
    this.#jobs = lanes.map((lane, i) => this.#start(lane, ids[i]));
    this.#setRunning(true);
    await Promise.all(this.#jobs.map(job => job.told));
    this.#jobs = [];
    setPending([]);
    this.#setRunning(false);
    this.#replay.offer(Math.max(...this.#lanes.map(lane => lane.steps)));
    this.#announce(lanes.map(lane => lane.summary).join('. '));
    focusWrong(this.#form);
  }

  #start(lane, id) {
    lane.begin();
    lane.show(this.#view, 1);
    const tell = event => {
      lane.on(event);
      if (event.type === 'queued') setPending(this.#lanes.filter(each => each.id).map(each => ({ id: each.id, request: each.request })));
    };
    const job = run(this.#service, lane.request, tell, () => lane.whole, id);
    const told = job.done.then(
      outcome => { if (outcome === 'stopped') lane.stopped(); else if (outcome === 'lost') lane.lost(); },
      error => this.#explain(error, lane));
    return { stop: job.stop, told };
  }

  #stop() { this.#jobs.forEach(job => job.stop()); }

  /** Beside the fields it names; what no field can show goes to the form. */
  #explain(error, lane) {
    const problem = problemOf(error), rest = showErrors(problem?.errors, name => [`${lane.setting.key}-${name}`, name]);
    if (Object.keys(problem?.errors ?? {}).length) lane.fail(`${problem.title}.`);
    else lane.fail(problem?.detail ?? problem?.title ?? 'The service does not answer.');
    if (rest.length) showError('form', rest);
  }

  /** Swaps Generate and Stop; whoever had the one focused has the other then. */
  #setRunning(running) {
    const [shown, gone] = running ? [byId('stop'), byId('go')] : [byId('go'), byId('stop')];
    const focused = document.activeElement === gone;
    shown.hidden = false;
    gone.hidden = true;
    if (focused) shown.focus();
    this.#count();
  }

  get #view() { return this.#form.elements.view.value; }

  #show() { this.#lanes.forEach(lane => lane.show(this.#view, this.#replay.share)); }
}
