// What was measured, as lines to draw: one for each sampler with its options, over the evaluations a picture took.

import { byLead } from '../core/figures.js';

/** The names of all figures, those that were measured most often first, and of these the leading ones. */
export function figuresOf(results) {
  const counts = new Map();
  for (const { metrics } of results) for (const name of Object.keys(metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || byLead(a[0], b[0])).map(([name]) => name);
}

// what steers besides: there only where it does
const steering = { guidanceRescale: 'rescale', guidanceParallel: 'parallel', dynamicThreshold: 'threshold', guidingClassifier: 'by', classifierScale: 'scale' };

/** A sampler with all that makes it another one. */
function nameOf({ sampler, guidance, ...rest }) {
  const options = Object.entries(rest).filter(([name]) => name.startsWith('option.')).map(([name, value]) => `${name.slice(7)} ${value}`);
  const steered = Object.entries(steering).filter(([name]) => name in rest).map(([name, word]) => `${word} ${rest[name]}`);
  return [sampler, ...options, ...(guidance && guidance !== '1' ? [`guidance ${guidance}`] : []), ...steered].join(', ');
}

/**
 * Lines of a figure: { name, points: [{ steps, value, settings, at }] } by steps; of the same point the latest counts. Results without
 * a sampler and a step count are somebody's own and have no place here.
 */
export function linesOf(results, figure) {
  const lines = new Map();
  for (const { metrics, settings = {}, at } of results) {
    const steps = Number(settings.steps);
    if (!(figure in metrics) || !settings.sampler || !(steps > 0)) continue;
    const name = nameOf(settings);
    if (!lines.has(name)) lines.set(name, new Map());
    lines.get(name).set(steps, { steps, value: metrics[figure], settings, at });
  }
  return [...lines].map(([name, points]) => ({ name, points: [...points.values()].sort((a, b) => a.steps - b.steps) }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Round numbers from 0 to at least the largest: where the grid lies. */
export function ticks(largest, about = 4) {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
  return Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
