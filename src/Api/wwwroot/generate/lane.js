// One lane on the stage: a setting, its pictures as they form, how far they are, and how it ended.
import { h, icon } from '../core/dom.js';
import { duration } from '../core/words.js';
import { inspect } from './inspector.js';
import { Takeaway } from './takeaway.js';
import { Tiles } from './tiles.js';
import { Trajectory } from './trajectory.js';

export class Lane {
  /** What is asked for; after the start, with the version that really runs. */
  request = null;
  /** Under which the service keeps it; null if it does not. */
  id = null;
  /** Bytes of frames that may be kept for replay. */
  framesLimit = Infinity;
  #trajectory = null;
  #view = 'noisy';

  /** @param on { remove(lane), again(lane) }: what its buttons ask for */
  constructor(setting, formats, on) {
    this.setting = setting;
    this.tiles = new Tiles(picture => inspect(this.#trajectory, picture, `${this.title.textContent}, picture ${picture + 1}`));
    this.takeaway = new Takeaway(setting.key, formats, () => this.tiles.sheet());
    this.status = h('p', { class: 'status' }, 'Each picture starts as pure noise.');
    this.progress = h('p', { class: 'progress' });
    this.meter = h('i');
    this.problem = h('p', { class: 'problem', hidden: true });
    this.again = h('button', { type: 'button', class: 'secondary', 'data-do': 'again', hidden: true, onclick: () => on.again(this) });
    this.title = h('h2', {}, setting.title);
    this.remove = h('button', { type: 'button', class: 'quiet icon', 'data-do': 'remove', title: 'Remove this setting', 'aria-label': 'Remove this setting', onclick: () => on.remove(this) }, icon('M7 7l10 10M17 7L7 17'));
    this.element = h('article', { class: 'lane panel', 'data-state': 'idle' },
      h('header', {}, this.title, this.remove), setting.element, h('div', { class: 'meter', 'aria-hidden': 'true' }, this.meter),
      h('div', { class: 'line' }, this.status, this.progress), this.problem, this.again, this.tiles.element, this.takeaway.element);
    setting.element.addEventListener('change', () => { this.title.textContent = setting.title; });
    this.tiles.lay(10);
  }

  /** Steps of what is shown; 0 if there is nothing to replay. */
  get steps() { return this.#trajectory?.empty === false ? this.#trajectory.steps : 0; }
  get state() { return this.element.dataset.state; }
  get summary() { return `${this.title.textContent}: ${this.problem.hidden ? this.status.textContent : this.problem.textContent}`; }

  /** Takes what is asked for from its setting and from what all settings share. */
  ask(shared, framesLimit) {
    const { labels } = this.setting.description;
    this.request = { ...this.setting.read(), ...shared, label: labels ? shared.label : [], frames: this.setting.frames(shared.n, framesLimit) };
    this.framesLimit = framesLimit;
  }

  /** Empties the lane for its request. */
  begin() {
    this.#trajectory = this.id = null;
    this.tiles.clear();
    this.element.dataset.state = 'running';
    this.status.textContent = 'Asking';
    this.progress.textContent = '';
    this.meter.style.width = '0';
    this.problem.hidden = this.again.hidden = true;
    this.takeaway.hide();
  }

  on(event) {
    this.#react[event.type]?.call(this, event);
  }

  #react = {
    queued(event) {
      this.id = event.kept ? event.id : null;
      this.#room();
      this.status.textContent = event.ahead ? `Queued, ${event.ahead} evaluations ahead` : 'Queued';
    },
    started(event) {
      // the version that really ran, so that the command gives the same pictures later on
      this.request = { ...this.request, model: `${event.model}@${event.version}`, steps: event.steps };
      this.#room().steps = event.steps;
      this.status.textContent = `${event.model} v${event.version}, ${event.sampler}, seed ${this.request.seed}`;
    },
    frame(event) {
      this.#room().add(event);
      this.#showProgress(Math.floor(this.#trajectory.done));
      this.tiles.showSoon(event.sample, this.#trajectory, () => this.#view);
    },
    // the finished pictures, for whoever missed the last frames
    result(event) {
      event.pictures.forEach((picture, i) => this.#trajectory.finish(i, picture));
      this.tiles.show(this.#trajectory, Infinity, this.#view);
      this.#showProgress(this.#trajectory.steps);
    },
    lost(event) { this.status.textContent = event.id ? 'Connection lost; the service goes on with it' : 'Connection lost; it is asked for again'; },
    completed(event) {
      // who reads or saves the pictures of a lane that is done gets the last ones
      this.tiles.show(this.#room(), Infinity, this.#view);
      const waited = event.queueMilliseconds >= 100 ? `, after ${duration(event.queueMilliseconds)} in the queue` : '';
      this.#end('done', `${this.request.model.replace('@', ' v')}, ${this.request.sampler}, seed ${this.request.seed}, ${duration(event.sampleMilliseconds)}${waited}`);
      this.takeaway.offer(this.request, this.id);
    },
    failed(event) { this.fail(event.detail); },
    canceled() { this.stopped(); },
  };

  stopped() {
    if (this.state === 'running') this.#end('canceled', this.steps ? `Stopped after ${this.#stepsDone}` : 'Stopped before the first step');
  }

  /** The connection went, and what was bound to it went too. */
  lost() {
    this.#end('lost', this.steps ? `Ended after ${this.#stepsDone}` : 'Ended before the first step');
    this.#complain('The connection was lost, and this request ended with it. The same seed gives the same pictures.');
    this.again.textContent = `Run again with seed ${this.request.seed}`;
    this.again.hidden = false;
  }

  fail(message) {
    this.#end('failed', 'No pictures');
    this.progress.textContent = '';
    this.#complain(message);
  }

  /** Shows the sample ('noisy') or the estimate ('clean') after a share 0..1 of the steps. */
  show(view, share) {
    this.#view = view;
    if (!this.steps) return;
    const step = this.state === 'running' ? Infinity : Math.max(1, Math.round(share * this.steps));
    this.tiles.show(this.#trajectory, step, view);
    if (this.state !== 'running') this.#showProgress(step);
  }

  /** Whether the last step of every picture has been seen. */
  get whole() { return this.#trajectory?.whole ?? false; }

  get #stepsDone() { return `${Math.floor(this.#trajectory.done)} of ${this.steps} steps`; }

  // how many pictures there are is settled when the request is accepted; a restart of the service does not empty them
  #room() {
    if (this.#trajectory) return this.#trajectory;
    this.#trajectory = new Trajectory(this.request.n, this.framesLimit);
    this.tiles.lay(this.request.n, this.request.label);
    return this.#trajectory;
  }

  #complain(message) {
    this.problem.textContent = message;
    this.problem.hidden = false;
  }

  #showProgress(step) {
    this.progress.textContent = `${step} / ${this.#trajectory.steps}`;
    this.meter.style.width = `${100 * step / this.#trajectory.steps}%`;
  }

  #end(state, text) {
    this.element.dataset.state = state;
    this.status.textContent = text;
  }
}
