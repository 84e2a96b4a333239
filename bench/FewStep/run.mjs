// node bench/FewStep/run.mjs URL OUT.ndjson [SEED...]
// Trains and measures the arms of arms.mjs with a running service, one after the other, and appends a line for each point measured.
// Whatever a version or a line of OUT is there for is not made again, so it goes on where it was stopped. Needs the image set
// mnist-16 and its classifier; see docs/few-step.md.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { arms, isMeasured, jobOf, modelOf, samplersOf } from './arms.mjs';

const [url = 'http://localhost:8080', out = 'few-step.ndjson', ...seeds] = process.argv.slice(2);
const samples = 1000;

async function call(method, path, body) {
  const answer = await fetch(new URL(path, url), { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  if (answer.status === 404 && method === 'GET') return null;
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function ended(path) {
  for (;;) {
    const now = await call('GET', path);
    if (now.state === 'succeeded') return now;
    if (['failed', 'cancelled', 'paused'].includes(now.state)) throw new Error(`${path} is ${now.state}: ${JSON.stringify(now)}`);
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}

async function train(arm, seed) {
  if (await call('GET', `/v1/models/${modelOf(arm, seed)}`)) return;
  const { id } = await call('POST', '/v1/training-jobs', jobOf(arm, seed));
  const from = Date.now();
  await ended(`/v1/training-jobs/${id}`);
  console.log(`${modelOf(arm, seed)}: trained in ${Math.round((Date.now() - from) / 1000)} s`);
}

async function measure(arm, seed) {
  const done = existsSync(out) && readFileSync(out, 'utf8').split('\n').some(line => line && JSON.parse(line).model === modelOf(arm, seed));
  if (done) return;
  const request = { model: modelOf(arm, seed), samplers: samplersOf(arm), samples, seed: 0, metrics: ['frechet', 'label-accuracy', 'precision-recall'] };
  const { id } = await call('POST', '/v1/evaluations', request);
  const { points } = await ended(`/v1/evaluations/${id}`);
  const lines = points.map(({ sampler, steps, options, metrics }) => JSON.stringify({ model: request.model, arm, seed: Number(seed), sampler, steps, options, figures: metrics }));
  appendFileSync(out, lines.join('\n') + '\n');
}

for (const seed of seeds.length ? seeds.map(Number) : [1, 2, 3]) {
  for (const arm of Object.keys(arms)) {
    await train(arm, seed);
    if (isMeasured(arm)) await measure(arm, seed);
  }
}
