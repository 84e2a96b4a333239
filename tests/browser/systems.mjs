// Every way of making pictures that the service has, as somebody chooses it on the page.

const plainModel = 'digits-ddpm', few = 5, usual = 20;

/** Samplers of which so many steps show no picture, or no good one. */
const more = { heun: { steps: 15, usual: 41 }, pc: { steps: 14, usual: 100 }, ald: { usual: 201 }, ddpm: { usual: 50 } };

/** Fields of the form that some of these need; the others leave them as they are found. */
const fields = ['guidance', 'guidanceRescale', 'guidanceParallel', 'dynamicThreshold', 'classifier', 'classifierScale'];

/** A sampler by itself, with the model that most others are shown with where it serves it, or else one that was made for it. */
function alone({ name }, models) {
  const can = models.filter(({ samplers }) => samplers.includes(name));
  const model = can.find(each => each.name === plainModel) ?? can.find(({ sampling }) => sampling?.sampler === name) ?? can[0];
  if (!model) throw new Error(`no model is served by ${name}`);
  return { name, model: model.name, sampler: name, ...model.sampling?.sampler === name && { usual: model.sampling.steps } };
}

/** What differs from the usual by an option of the sampler, by a field of the request, or by the model. */
const particular = [
  { name: 'guidance', shared: { guidance: 4 } },
  { name: 'guidance-rescale', shared: { guidance: 4, guidanceRescale: 0.7 } },
  { name: 'guidance-parallel', shared: { guidance: 4, guidanceParallel: 0 } },
  { name: 'dynamic-threshold', shared: { guidance: 4, dynamicThreshold: 0.995 } },
  { name: 'classifier-guidance', shared: { guidance: 0, classifier: 'digits-noisy-classifier', classifierScale: 4 }, usual: 50 },
  { name: 'learned-variance', model: 'digits-iddpm', sampler: 'ddpm', options: { variance: 'learned' } },
  { name: 'fixed-variance', model: 'digits-iddpm', sampler: 'ddpm', options: { variance: 'large' } },
  { name: 'progressive', model: 'digits-progressive', steps: 1, usual: 1 },
  ...['2m', 'fixed', 'renoise'].map(walk => ({ name: `dddm-${walk}`, model: 'digits-dddm', sampler: 'dddm', options: { walk }, usual: 4 })),
  { name: 'heun-churn', sampler: 'heun', options: { 's-churn': 40, 's-tmin': 0.05, 's-tmax': 50, 's-noise': 1.003 }, usual: 79 },
  { name: 'pc-ancestral', sampler: 'pc', options: { predictor: 'ancestral', corrector: 2 }, usual: 150 },
];

/**
 * All of them: { name, model, sampler, steps, usual, options, shared }. `steps` is little work, `usual` is what makes good pictures.
 * @param url of the service, whose catalogue says which samplers there are
 */
export async function systems(url) {
  const [models, samplers] = await Promise.all(['models', 'samplers'].map(async name => (await fetch(`${url}v1/${name}`)).json()));
  return [...samplers.map(sampler => alone(sampler, models)), ...particular]
    .map(each => ({ model: plainModel, sampler: 'ddim', steps: few, usual, options: {}, shared: {}, ...more[each.sampler], ...each }));
}

async function set(page, id, value) {
  const field = page.locator(`[id="${id}"]`);
  await (await field.evaluate(({ tagName }) => tagName) === 'SELECT' ? field.selectOption(String(value)) : field.fill(String(value)));
}

/** Chooses it in the first setting; what one before it needed is taken back. */
export async function choose(page, { model, sampler, options, shared }, steps) {
  await page.$$eval('#more, .lane:first-child .settings details', all => all.forEach(folded => { folded.open = true; }));
  await set(page, 'a-model', model);
  await set(page, 'a-sampler', sampler);
  await set(page, 'a-steps', steps);
  for (const [name, value] of Object.entries(options)) await set(page, `a-${name}`, value);
  for (const name of fields) await set(page, name, shared[name] ?? '');
}
