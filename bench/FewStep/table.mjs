// node bench/FewStep/table.mjs RESULTS.ndjson [SAMPLER.OPTION=VALUE...]
// The lines of run.mjs as Markdown tables, one for each way to sample: mean label accuracy and Fréchet distance over seeds, with the lowest
// and the highest distance.
import { readFileSync } from 'node:fs';

const lines = readFileSync(process.argv[2] ?? 'few-step.ndjson', 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line));
const wayOf = line => `${line.sampler} ${Object.entries(line.options).map(([k, v]) => `${k}=${v}`).join(' ')}`.trim();
const distinct = values => [...new Set(values)];
const mean = values => values.reduce((a, b) => a + b, 0) / values.length;

function cell(points) {
  if (points.length === 0) return '';
  const distances = points.map(p => p.figures.frechet), accuracy = mean(points.map(p => p.figures['label-accuracy']));
  const spread = points.length > 1 ? ` (${Math.min(...distances).toFixed(1)}..${Math.max(...distances).toFixed(1)})` : '';
  return `${(100 * accuracy).toFixed(1)} % / ${mean(distances).toFixed(1)}${spread}`;
}

for (const way of distinct(lines.map(wayOf))) {
  const some = lines.filter(line => wayOf(line) === way), steps = distinct(some.map(line => line.steps)).sort((a, b) => a - b);
  console.log(`\n| \`${way}\` | ${steps.join(' | ')} |\n|---|${'---|'.repeat(steps.length)}`);
  for (const arm of distinct(some.map(line => line.arm)))
    console.log(`| \`${arm}\` | ${steps.map(n => cell(some.filter(line => line.arm === arm && line.steps === n))).join(' | ')} |`);
}
console.log(`\nBetween real images: ${mean(lines.map(line => line.figures['frechet.floor'])).toFixed(2)}; seeds ${distinct(lines.map(line => line.seed)).sort().join(', ')}.`);
