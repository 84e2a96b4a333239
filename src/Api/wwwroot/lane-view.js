// One lane on the stage: its pictures as they form, how far they are, and what can be done with them.
import { h } from './dom.js';
import { curl } from './curl.js';
import { Trajectory, paint } from './trajectory.js';

const columnsOf = count => count <= 3 ? count : count === 4 ? 2 : count <= 9 ? 3 : count <= 20 ? 5 : count <= 36 ? 6 : 8;
const gap = 2;

export class LaneView {
  #trajectory = null;
  #canvases = [];
  #request = null;
  #view = 'noisy';
  #toPaint = new Map();

  constructor(settings) {
    this.status = h('p', { class: 'status' }, 'Each picture starts as pure noise.');
    this.progress = h('p', { class: 'progress' });
    this.meter = h('i');
    this.pictures = h('div', { class: 'pictures' });
    this.problem = h('p', { class: 'problem', hidden: true });
    this.command = h('code', { class: 'curl', tabindex: 0, 'aria-label': 'The same request as a curl command' });
    this.copy = h('button', { type: 'button', class: 'quiet', 'data-do': 'curl' }, 'Copy curl');
    this.save = h('button', { type: 'button', class: 'quiet', 'data-do': 'save' }, 'Save PNG');
    this.footer = h('footer', { hidden: true }, this.command, h('div', { class: 'links' }, this.copy, this.save));
    this.title = h('h2');
    this.element = h('article', { class: 'lane panel', 'data-state': 'idle' },
      this.title, settings, h('div', { class: 'meter', 'aria-hidden': 'true' }, this.meter),
      h('div', { class: 'line' }, this.status, this.progress), this.problem, this.pictures, this.footer);
    this.copy.addEventListener('click', () => this.#copyCurl());
    this.save.addEventListener('click', () => this.#savePng());
    this.#lay(10);
  }

  /** Steps of what is shown; 0 if there is nothing to replay. */
  get steps() { return this.#trajectory?.empty === false ? this.#trajectory.steps : 0; }

  get state() { return this.element.dataset.state; }

  /** Empties the lane for a new generation; how many pictures there are is settled when it is accepted. */
  begin(request) {
    this.#request = request;
    this.#trajectory = null;
    for (const canvas of this.#canvases) canvas.width = canvas.height = 1;
    this.#toPaint.clear();
    this.element.dataset.state = 'running';
    this.status.textContent = 'Asking';
    this.progress.textContent = '';
    this.meter.style.width = '0';
    this.problem.hidden = true;
    this.footer.hidden = true;
  }

  on(event) {
    if (event.type === 'queued') {
      this.#trajectory = new Trajectory(this.#request.n);
      this.#lay(this.#request.n, this.#request.label);
      this.status.textContent = event.ahead ? `Queued, ${event.ahead} evaluations ahead` : 'Queued';
    } else if (event.type === 'started') {
      // the version that really ran, so that the command gives the same pictures later on
      this.#request = { ...this.#request, model: `${event.model}@${event.version}`, steps: event.steps };
      this.#trajectory.steps = event.steps;
      this.status.textContent = `${event.model} v${event.version}, seed ${this.#request.seed}`;
    } else if (event.type === 'frame') {
      this.#trajectory.add(event);
      this.#showProgress(Math.floor(this.#trajectory.done));
      this.#paintSoon(event.sample);
    } else if (event.type === 'completed') {
      const waited = event.queueMilliseconds >= 100 ? `, after ${duration(event.queueMilliseconds)} in the queue` : '';
      this.#end('done', `${this.status.textContent}, ${duration(event.sampleMilliseconds)}${waited}`);
    } else if (event.type === 'failed') {
      this.fail(event.detail);
    } else if (event.type === 'canceled') {
      this.stopped();
    }
  }

  stopped() {
    if (this.state !== 'running') return;
    this.#end('canceled', this.steps ? `Stopped after ${Math.floor(this.#trajectory.done)} of ${this.steps} steps` : 'Stopped before the first step');
  }

  fail(message) {
    this.element.dataset.state = 'failed';
    this.status.textContent = 'No pictures';
    this.progress.textContent = '';
    this.problem.textContent = message;
    this.problem.hidden = false;
  }

  /** Shows the sample ('noisy') or the estimate ('clean') after a share 0..1 of the steps. */
  show(view, share) {
    this.#view = view;
    if (!this.steps) return;
    const step = this.state === 'running' ? Infinity : Math.max(1, Math.round(share * this.steps));
    this.#canvases.forEach((canvas, i) => paint(canvas, this.#trajectory.at(i, step), view));
    if (this.state !== 'running') this.#showProgress(step);
  }

  #lay(count, labels = []) {
    const columns = columnsOf(count);
    this.pictures.style.setProperty('--columns', columns);
    this.pictures.style.setProperty('--tile', `${Math.max(9, 22 / columns)}rem`);
    this.#canvases = Array.from({ length: count }, (_, i) => h('canvas', {
      width: 1, height: 1, role: 'img',
      'aria-label': labels.length ? `Picture ${i + 1}, label ${labels[i % labels.length]}` : `Picture ${i + 1}`,
    }));
    this.pictures.replaceChildren(...this.#canvases);
  }

  #showProgress(step) {
    this.progress.textContent = `${step} / ${this.#trajectory.steps}`;
    this.meter.style.width = `${100 * step / this.#trajectory.steps}%`;
  }

  #end(state, text) {
    this.element.dataset.state = state;
    this.status.textContent = text;
    this.command.textContent = curl(this.#request);
    this.footer.hidden = state !== 'done';
  }

  // frames can come faster than the screen draws: only the newest of each picture is painted
  #paintSoon(picture) {
    this.#toPaint.set(picture, this.#trajectory);
    if (this.#toPaint.size > 1) return;
    requestAnimationFrame(() => {
      for (const [index, trajectory] of this.#toPaint) paint(this.#canvases[index], trajectory.at(index, Infinity), this.#view);
      this.#toPaint.clear();
    });
  }

  #savePng() {
    const columns = columnsOf(this.#canvases.length), rows = Math.ceil(this.#canvases.length / columns);
    const { width, height } = this.#canvases[0];
    const sheet = h('canvas', { width: columns * (width + gap) - gap, height: rows * (height + gap) - gap });
    const context = sheet.getContext('2d');
    this.#canvases.forEach((canvas, i) => context.drawImage(canvas, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)));
    h('a', { download: `${this.#request.sampler}-${this.#request.steps}-seed-${this.#request.seed}.png`, href: sheet.toDataURL('image/png') }).click();
  }

  async #copyCurl() {
    try {
      await navigator.clipboard.writeText(this.command.textContent);
      this.copy.textContent = 'Copied';
    } catch {
      // browsers keep the clipboard from pages that came over plain HTTP from another machine
      getSelection().selectAllChildren(this.command);
      this.copy.textContent = 'Selected';
    }
    setTimeout(() => { this.copy.textContent = 'Copy curl'; }, 1500);
  }
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
