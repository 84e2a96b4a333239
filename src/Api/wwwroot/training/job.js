// One job: where it stands, what can be done with it, its curves and its samples, as long as somebody looks.
import { h, redraw } from '../core/dom.js';
import { confirm } from '../core/confirm.js';
import * as aliasing from '../models/aliases.js';
import { call, explain, get } from '../core/http.js';
import { duration, moment, number } from '../core/words.js';
import { Curves } from './curves.js';
import { metricsOf, pathOf, watch } from './live.js';
import { Samples } from './samples.js';

const serving = 'prod'; // where a version goes that is promoted from here

const isOver = ({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state);

export class JobPanel {
  #on;
  #job = null;
  #id = null;
  #end = null;
  #curves = new Curves();
  #samples = new Samples();

  /** @param on { announce(text), changed(), promoted(name), copy(job) } */
  constructor(on) {
    this.#on = on;
    this.title = h('h2', { id: 'job-title', tabindex: -1 });
    this.head = h('div', { class: 'stack' });
    this.acts = h('div', { class: 'acts' });
    this.said = h('p', { class: 'note', id: 'job-said', hidden: true });
    this.element = h('article', { class: 'stack job', 'aria-labelledby': 'job-title', hidden: true },
      h('div', { class: 'panel stack' }, this.title, this.head, this.acts, this.said),
      h('div', { class: 'charts courses' }, ...this.#curves.elements), this.#samples.element);
  }

  get id() { return this.#id; }

  /** How often it has been read by itself: what a list says that was asked for before the last time is older. */
  reads = 0;

  /** Shows the job of that id; null for none. */
  async show(id) {
    if (id === this.#id) return;
    this.leave();
    this.#id = id;
    this.element.hidden = true;
    this.#curves.clear();
    await this.#samples.of(null);
    if (!id) return;
    try {
      const job = await get(pathOf(id)), lines = await metricsOf(id, job.progress?.steps ?? 1);
      if (id !== this.#id) return;
      for (const line of lines) this.#curves.add(line.step, line);
      this.element.hidden = false;
      this.said.hidden = true;
      this.reads++;
      this.refresh(job);
      await this.#samples.of(id);
      if (id === this.#id && !(isOver(job) && !job.active)) this.#follow(lines.at(-1)?.step ?? -1);
    } catch (error) {
      this.#id = null;
      throw error;
    }
  }

  /** Stops looking. */
  leave() {
    this.#end?.();
    [this.#end, this.#id] = [null, null];
  }

  /** Takes what the list says of it, too, which has neither file nor resume point. */
  refresh(job) {
    const { job: file, resumePoint } = this.#job?.id === job.id ? this.#job : {};
    this.#job = { job: file, resumePoint, ...job };
    this.title.textContent = `${job.name}`;
    redraw(this.head, ...this.#figures(this.#job));
    redraw(this.acts, ...this.#buttons(this.#job));
    this.#curves.draw(job.progress?.steps ?? 1);
  }

  #follow(last) {
    const id = this.#id;
    const again = async () => { if (id === this.#id) await this.#read(id); };
    this.#end = watch(id, last + 1, {
      state: () => again().then(() => this.#on.changed()),
      samples: () => id === this.#id && this.#samples.refresh(),
      metrics: ({ step, values }) => {
        this.#curves.add(step, values);
        this.#curves.draw(this.#job.progress?.steps ?? step);
      },
    });
  }

  #figures(job) {
    const { progress } = job;
    const rows = [
      ['State', `${job.state}${job.active && job.state !== 'running' ? ', after this step' : ''}`],
      progress && ['Step', `${number(progress.step)} of ${number(progress.steps)}`],
      job.active && progress?.remainingSeconds !== undefined && ['Left', duration(progress.remainingSeconds * 1000)],
      job.ahead !== undefined && ['Ahead of it', number(job.ahead)],
      ['Learns', job.objective], ['Images', job.job?.data],
      job.memoryBytes && ['Memory on the disk', `${number(Math.ceil(job.memoryBytes / 1e6))} MB`],
      job.resumePoint && ['Saved', `step ${number(job.resumePoint.step)}`],
      ['Queued', moment(job.submitted)], job.ended && ['Ended', moment(job.ended)],
    ].filter(Boolean);
    return [
      h('dl', { class: 'figures' }, ...rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      job.error && h('p', { class: 'problem' }, job.error),
      job.versions?.length > 0 && h('p', {}, 'Published: ', ...job.versions.flatMap((version, i) => [i > 0 ? ', ' : '', h('a', { href: `#/models?name=${job.model}` }, `${job.model} v${version.version}`), ` at step ${number(version.step)}`])),
    ].filter(Boolean);
  }

  #buttons(job) {
    const button = (id, text, act, style = 'secondary') => h('button', { type: 'button', class: style, id: `job-${id}`, onclick: act }, text);
    const priority = h('input', { id: 'job-rank', type: 'number', inputmode: 'numeric', min: -100, max: 100, step: 1, value: job.priority });
    return [
      ['queued', 'running'].includes(job.state) && button('pause', 'Pause', () => this.#act('pause', 'It pauses after this step.')),
      job.state === 'paused' && button('resume', 'Resume', () => this.#act('resume', 'It is queued again.')),
      job.state === 'running' && button('checkpoint', 'Save now', () => this.#act('checkpoint', 'It is saved.')),
      job.state === 'running' && job.objective !== 'classifier' && button('publish', 'Publish now', () => this.#act('checkpoint?publish=true', 'A version is published.')),
      job.state === 'running' && job.objective !== 'classifier' && button('sample', 'Sample now', () => this.#act('sample', 'A grid is drawn.')),
      job.versions?.length > 0 && button('promote', `Promote v${job.versions.at(-1).version}`, () => this.#promote(job.model, job.versions.at(-1).version), null),
      job.job && button('clone', 'Clone', () => this.#on.copy(this.#job)),
      !isOver(job) && button('cancel', 'Cancel', () => this.#cancel()),
      !isOver(job) && h('form', { class: 'rank', 'aria-label': 'Priority', onsubmit: event => { event.preventDefault(); this.#rank(Number(priority.value)); } },
        h('label', { for: 'job-rank' }, 'Priority'), priority, h('button', { class: 'quiet', id: 'job-rank-go' }, 'Set')),
    ].filter(Boolean);
  }

  async #cancel() {
    const { name } = this.#job;
    if (await confirm(`Cancel ${name}?`, 'It stops after this step and does not go on. What it has published stays, and the same job file goes on from its resume point.', 'Cancel the job'))
      await this.#act('cancel', 'It is cancelled.');
  }

  // a name that stood for nothing can be given without a question: nobody's requests change
  async #promote(model, version) {
    try {
      const now = await aliasing.aliasOf(model, serving);
      if (now && now.version !== version && !await confirm(`Promote ${model} v${version}?`,
        `Requests for ${model}@${serving} get version ${version} from then on, and not version ${now.version}. Requests that are running keep the version they began with.`, 'Promote')) return;
      this.#say('The service loads the version and looks whether it is sound.');
      await aliasing.move(model, serving, version, now?.mark);
      this.#say(`${model}@${serving} is v${version} now.`);
      this.#on.promoted(`${model}@${serving}`);
    } catch (error) {
      this.#say(`Nothing was changed. ${explain(error)}`, true);
    }
  }

  #rank(priority) { return this.#act('priority', `Its priority is ${priority} now.`, { method: 'PUT', json: { priority } }); }

  async #act(what, done, options = { method: 'POST' }) {
    const id = this.#id;
    try {
      await call(`${pathOf(id)}/${what}`, options);
      this.#say(done);
    } catch (error) {
      this.#say(explain(error), true);
    }
    if (id === this.#id) await this.#read(id);
    this.#on.changed();
  }

  async #read(id) {
    const job = await get(pathOf(id));
    if (id !== this.#id) return;
    this.reads++;
    this.refresh(job);
  }

  #say(text, bad = false) {
    this.said.textContent = text;
    this.said.classList.toggle('problem', bad);
    this.said.hidden = false;
    this.#on.announce(text);
  }
}
