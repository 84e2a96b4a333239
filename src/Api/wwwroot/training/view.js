// The view of training: the jobs, one of them in full, and a place to queue another.
import { h, redraw } from '../core/dom.js';
import { explain, get } from '../core/http.js';
import { inTurn } from '../core/turn.js';
import { plural } from '../core/words.js';
import { jobFor } from './begin.js';
import { JobPanel } from './job.js';
import { jobList } from './list.js';
import { Submit } from './submit.js';

const interval = 2000;

export class TrainingView {
  title = 'Training';
  element = document.getElementById('training');
  #looking = false;
  #timer = 0;
  #jobs = [];
  #places = {};
  #look = inTurn(() => this.#read());

  /**
   * @param announce tells a screen reader
   * @param on { promoted(name) }: told what serves now
   */
  constructor(announce, on) {
    for (const name of ['now', 'problem', 'new', 'jobs', 'job']) this.#places[name] = this.element.querySelector(`[data-place="${name}"]`);
    this.job = new JobPanel({ announce, changed: () => this.#look(), promoted: on.promoted, copy: job => this.submit.copy(job.job, this.#freeName(job.name)) });
    this.submit = new Submit(id => {
      announce('The job is queued.');
      location.hash = `#/training?id=${id}`;
    });
    this.#places.new.append(this.submit.element);
    this.#places.job.append(this.job.element);
    document.addEventListener('visibilitychange', () => { if (this.#looking && !document.hidden) this.#look(); });
  }

  async enter(query) {
    this.#looking = true;
    await this.#look();
    if (query.has('data')) await this.#begin(query.get('data'));
    const running = this.#jobs.find(({ state }) => state === 'running');
    const id = query.get('id') ?? this.job.id ?? running?.id ?? this.#jobs[0]?.id ?? null;
    try {
      await this.job.show(id);
      this.#draw(false);
    } catch (error) {
      this.#complain(error);
    }
  }

  // the address names a set that somebody wants to train on
  async #begin(set) {
    history.replaceState(null, '', '#/training');
    try {
      this.submit.offer(jobFor(await get(`v1/datasets/${encodeURIComponent(set)}`), this.#jobs.some(({ name }) => name === set) ? this.#freeName(set) : set));
    } catch (error) {
      this.#complain(error);
    }
  }

  leave() {
    this.#looking = false;
    clearTimeout(this.#timer);
    this.job.leave();
  }

  async #read() {
    clearTimeout(this.#timer);
    if (!this.#looking || document.hidden) return;
    const { reads } = this.job;
    try {
      this.#jobs = (await get('v1/training-jobs?limit=50')).items;
      this.#places.problem.hidden = true;
      this.#draw(reads === this.job.reads);
    } catch (error) {
      this.#complain(error);
    }
    clearTimeout(this.#timer);
    if (this.#looking) this.#timer = setTimeout(() => this.#look(), interval);
  }

  /** @param isNewest whether the job that is shown has not been read since the list was asked for */
  #draw(isNewest = true) {
    const waiting = this.#jobs.filter(({ state }) => state === 'queued').length, running = this.#jobs.find(({ active }) => active);
    redraw(this.#places.now, `${running ? `${running.name} is trained` : 'Nothing is trained'}${waiting ? `, ${plural(waiting, 'job')} wait${waiting === 1 ? 's' : ''}` : ''}.`);
    redraw(this.#places.jobs, jobList(this.#jobs, this.job.id));
    const shown = this.#jobs.find(({ id }) => id === this.job.id);
    if (shown && isNewest && !this.job.element.hidden) this.job.refresh(shown);
  }

  #complain(error) {
    this.#places.problem.textContent = explain(error);
    this.#places.problem.hidden = false;
  }

  #freeName(like) {
    const stem = like.replace(/-\d+$/, ''), taken = new Set(this.#jobs.map(({ name }) => name));
    for (let number = 2; ; number++) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
  }
}
