// Quality over evaluations, drawn in SVG: a line for each sampler, steps on a scale on which doubling is one stride.
import { h, svg } from '../core/dom.js';
import { number } from '../core/words.js';
import { ticks } from './points.js';

const widest = 640, narrowest = 280, height = 300, left = 56, right = 16, top = 12, bottom = 40;
const shapes = ['M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z', 'M-4-4H4V4H-4Z', 'M0-5L5 4H-5Z', 'M0-5L5 0L0 5L-5 0Z', 'M-4-4L4 4M4-4L-4 4'];

/**
 * @param lines see linesOf
 * @param room pixels from side to side: in a narrow place the words stay as large as they are
 */
export function plot(figure, lines, room) {
  const width = Math.max(narrowest, Math.min(widest, room));
  const points = lines.flatMap(line => line.points), steps = [...new Set(points.map(point => point.steps))].sort((a, b) => a - b);
  const grid = ticks(Math.max(...points.map(point => point.value))), [from, to] = [Math.log2(steps[0]), Math.log2(steps.at(-1))];
  const x = step => to > from ? left + (Math.log2(step) - from) / (to - from) * (width - left - right) : (left + width - right) / 2;
  const y = value => top + (1 - Math.max(0, value) / grid.at(-1)) * (height - top - bottom);
  const label = (words, attributes) => svg('text', { class: 'tick', ...attributes }, words);
  const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${figure} over evaluations a picture: ${spoken(lines)}` },
    ...grid.flatMap(value => [svg('path', { class: 'gridline', d: `M${left} ${y(value)}H${width - right}` }), label(number(value), { x: left - 8, y: y(value) + 4, 'text-anchor': 'end' })]),
    ...apart(steps, x).map(step => label(number(step), { x: x(step), y: height - bottom + 18, 'text-anchor': 'middle' })),
    label('evaluations a picture', { x: (left + width - right) / 2, y: height - 4, 'text-anchor': 'middle' }),
    ...lines.map((line, i) => series(line, i, x, y)));
  const key = h('ul', { class: 'key' }, ...lines.map(({ name }, i) => h('li', {},
    svg('svg', { viewBox: '-12 -7 24 14', 'aria-hidden': 'true', class: `line-${i % 5}` }, svg('path', { class: 'curve', d: 'M-12 0H12' }), svg('path', { class: 'dot', d: shapes[i % 5] })), name)));
  return h('figure', { class: 'plot' }, h('figcaption', {}, figure), drawing, key);
}

// colours alone do not tell lines apart: each has its own mark
function series({ name, points }, i, x, y) {
  const path = points.map(({ steps, value }) => `${x(steps).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
  return svg('g', { class: `line-${i % 5}`, 'data-line': name },
    svg('path', { class: 'curve', d: `M${path}` }),
    ...points.map(({ steps, value }) => svg('g', { transform: `translate(${x(steps).toFixed(1)} ${y(value).toFixed(1)})` },
      svg('path', { class: 'dot', d: shapes[i % 5] }), svg('title', {}, `${name}, ${number(steps)}: ${number(value)}`))));
}

// numbers that would touch are left out
function apart(steps, x) {
  const kept = [];
  for (const step of steps) if (kept.length === 0 || x(step) - x(kept.at(-1)) >= 30) kept.push(step);
  return kept;
}

const spoken = lines => lines.map(({ name, points }) => `${name} ${points.map(({ steps, value }) => `${number(value)} at ${number(steps)}`).join(', ')}`).join('; ');
