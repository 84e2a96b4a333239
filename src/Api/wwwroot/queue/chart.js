// A figure that changes: its last two minutes as a line, drawn in SVG.
import { h, svg } from '../core/dom.js';
import { number } from '../core/words.js';

const samples = 120, width = 240, height = 56;

export class Chart {
  #values = [];
  #title;
  #unit;

  constructor(title, unit) {
    [this.#title, this.#unit] = [title, unit];
    this.now = h('strong', {}, '0');
    this.peak = h('span', { class: 'peak' });
    this.area = svg('path', { class: 'area' });
    this.line = svg('path', { class: 'trace' });
    this.drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' }, this.area, this.line);
    this.element = h('figure', { class: 'chart' },
      h('figcaption', {}, h('span', {}, title), this.now, this.peak), this.drawing);
  }

  /** Takes the newest value; the oldest leaves. With room it says how much there could be. */
  add(value, room = 0) {
    this.#values = [...this.#values, value].slice(-samples);
    const top = Math.max(1, ...this.#values), step = width / (samples - 1), from = samples - this.#values.length;
    const points = this.#values.map((each, i) => `${((from + i) * step).toFixed(1)} ${(height - 1 - each / top * (height - 3)).toFixed(1)}`);
    this.line.setAttribute('d', `M${points.join('L')}`);
    this.area.setAttribute('d', `M${(from * step).toFixed(1)} ${height}L${points.join('L')}L${width} ${height}Z`);
    this.now.textContent = number(value);
    this.peak.textContent = `peak ${number(top === 1 ? Math.max(0, ...this.#values) : top)}${room ? `, room for ${number(room)}` : ''}`;
    this.drawing.setAttribute('aria-label', `${this.#title}: ${number(value)} ${this.#unit} now, at most ${number(Math.max(...this.#values))} in the last two minutes`);
  }
}
