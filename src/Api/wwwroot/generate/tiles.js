// The pictures of one lane as a grid: painted as they form, one stop for Tab, each opens large.
import { h } from '../core/dom.js';
import { rove } from '../core/roving.js';
import { paint } from './trajectory.js';

const gap = 2;
const columnsOf = count => count <= 3 ? count : count === 4 ? 2 : count <= 9 ? 3 : count <= 20 ? 5 : count <= 36 ? 6 : 8;

export class Tiles {
  #canvases = [];
  #toPaint = new Map();
  #roving;

  /** @param onOpen told the number of a picture that shall be seen large */
  constructor(onOpen) {
    this.element = h('div', { class: 'pictures', role: 'group', 'aria-label': 'Pictures' });
    this.#roving = rove(this.element, 'button', () => columnsOf(this.#canvases.length));
    this.element.addEventListener('click', event => {
      const tile = event.target.closest('button');
      if (tile) onOpen([...this.element.children].indexOf(tile));
    });
  }

  /** Room for so many pictures, with what each one is asked to show. */
  lay(count, labels = []) {
    const columns = columnsOf(count);
    this.element.style.setProperty('--columns', columns);
    this.element.style.setProperty('--tile', `${Math.max(9, 22 / columns)}rem`);
    this.#canvases = Array.from({ length: count }, () => h('canvas', { width: 1, height: 1, 'aria-hidden': 'true' }));
    this.element.replaceChildren(...this.#canvases.map((canvas, i) =>
      h('button', { type: 'button', class: 'tile', disabled: true, 'aria-label': this.#nameOf(i, labels) }, canvas)));
    this.#roving.reset();
  }

  clear() {
    this.#toPaint.clear();
    this.#canvases.forEach(canvas => { canvas.width = canvas.height = 1; canvas.parentElement.disabled = true; });
  }

  show(trajectory, step, view) {
    // a frame that waits for the screen is older than this
    this.#toPaint.clear();
    this.#canvases.forEach((canvas, i) => this.#paint(i, trajectory.at(i, step), view));
  }

  /** Paints a picture's newest frame when the screen is drawn next; frames can come faster than that. */
  showSoon(picture, trajectory, view) {
    this.#toPaint.set(picture, trajectory);
    if (this.#toPaint.size > 1) return;
    requestAnimationFrame(() => {
      for (const [index, from] of this.#toPaint) this.#paint(index, from.at(index, Infinity), view());
      this.#toPaint.clear();
    });
  }

  /** All pictures on one canvas, as they are shown now. */
  sheet() {
    const columns = columnsOf(this.#canvases.length), rows = Math.ceil(this.#canvases.length / columns);
    const { width, height } = this.#canvases[0];
    const sheet = h('canvas', { width: columns * (width + gap) - gap, height: rows * (height + gap) - gap });
    const context = sheet.getContext('2d');
    this.#canvases.forEach((canvas, i) => context.drawImage(canvas, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)));
    return sheet;
  }

  #paint(index, frame, view) {
    if (!frame) return;
    paint(this.#canvases[index], frame, view);
    this.#canvases[index].parentElement.disabled = false;
  }

  #nameOf(index, labels) {
    return labels.length ? `Picture ${index + 1}, label ${labels[index % labels.length]}` : `Picture ${index + 1}`;
  }
}
