// A figure over the steps of a run as a line or a few, drawn in SVG.
import { h, svg } from '../core/dom.js';
import { number } from '../core/words.js';

const width = 240, height = 96, most = 1500;
const styles = ['', 'second', 'third'];

export class Curve {
  #lines;
  #title;
  #log;
  #zero;
  #each;
  #caption;

  /**
   * @param title what is drawn
   * @param lines [member of a metric line, its name, class of its stroke]
   * @param log whether the height is the logarithm
   * @param zero whether it begins at 0
   * @param each what members begin with of which each is a line more, in the order they come
   */
  constructor(title, lines, { log = false, zero = false, each = '' } = {}) {
    [this.#title, this.#log, this.#zero, this.#each, this.#lines] = [title, log, zero, each, []];
    this.top = h('span');
    this.bottom = h('span');
    this.drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
    this.#caption = h('figcaption', {}, h('span', {}, title));
    for (const line of lines) this.#begin(...line);
    this.element = h('figure', { class: 'chart course', hidden: true }, this.#caption,
      h('div', { class: 'plot' }, this.drawing, h('div', { class: 'range', 'aria-hidden': 'true' }, this.top, this.bottom)));
  }

  #begin(member, name, style = '') {
    const line = { member, name, points: [], now: h('strong'), path: svg('path', { class: `trace ${style}` }) };
    this.#lines.push(line);
    this.drawing.append(line.path);
    this.#caption.append(h('span', { class: `figure ${line.path.getAttribute('class')}`, hidden: true }, line.now, name ? ` ${name}` : ''));
  }

  /** Takes the figures of a metric line; what is not a number is left out. */
  add(step, values) {
    const fresh = this.#each ? Object.keys(values).filter(member => member.startsWith(this.#each) && !this.#lines.some(line => line.member === member)) : [];
    for (const member of fresh) this.#begin(member, `n = ${member.slice(this.#each.length)}`, styles[Math.min(this.#lines.length, styles.length - 1)]);
    for (const line of this.#lines) {
      const value = values[line.member];
      if (typeof value !== 'number' || (this.#log && value <= 0)) continue;
      line.points.push([step, value]);
      // of a long run every other point is enough
      if (line.points.length > most) line.points = line.points.filter((_, i) => i % 2 === 0 || i === line.points.length - 1);
    }
  }

  clear() {
    for (const line of this.#lines) line.points = [];
    this.draw(1);
  }

  /** @param steps of the whole run: the width of the drawing */
  draw(steps) {
    const drawn = this.#lines.filter(({ points }) => points.length > 0);
    this.element.hidden = drawn.length === 0;
    if (this.element.hidden) return;
    const all = drawn.flatMap(({ points }) => points.map(([, value]) => value));
    let [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
    if (this.#zero) low = Math.min(0, low);
    if (low === high) [low, high] = [low - Math.abs(low || 1) / 10, high + Math.abs(high || 1) / 10];
    const scale = this.#log && low > 0 ? Math.log : value => value;
    const y = value => (height - 3 - (scale(value) - scale(low)) / (scale(high) - scale(low)) * (height - 6)).toFixed(1);
    for (const { points, now, path } of this.#lines) {
      now.parentElement.hidden = points.length === 0;
      if (points.length === 0) { path.setAttribute('d', ''); continue; }
      const spots = points.map(([step, value]) => `${(step / steps * width).toFixed(1)} ${y(value)}`);
      // a single point is a dot
      path.setAttribute('d', `M${spots.length === 1 ? `${spots[0]}L${spots[0]}` : spots.join('L')}`);
      now.textContent = number(points.at(-1)[1]);
    }
    [this.top.textContent, this.bottom.textContent] = [number(high), number(low)];
    this.drawing.setAttribute('aria-label', `${this.#title} over ${number(drawn[0].points.at(-1)[0])} of ${number(steps)} steps: ${drawn.map(({ name, points }) => `${name ? `${name} ` : ''}${number(points.at(-1)[1])} now`).join(', ')}, between ${number(low)} and ${number(high)}`);
  }
}
