// The arms of the study: what is trained, and from which other arm's weights. Every arm sees the same number of images in all.
export const images = 48_000;

const published = { kind: 'dddm', prediction: 'residual', loss: { kind: 'pseudo-huber', c: 1.4e-4 }, memoryRefresh: 0 };
const v = { prediction: 'v', loss: { kind: 'mse', weighting: 'snr+1' } };
const own = { kind: 'dddm', ...v, memorySource: 'own', memoryRefresh: 0.5 };
const walk = (teacher, evaluations, substeps) => ({ ...own, memoryRefresh: 0.25, walkTarget: { model: teacher, evaluations, substeps, share: 0.85 } });
const stored = { memoryStorage: 'uint8' };
const scratch = 1e-3, tuning = 4e-4;

// name: [share of the images, learning rate, objective or (model of `from`) => objective, from]
export const arms = {
  'ddim': [1, scratch, { kind: 'ddpm', prediction: 'v' }],
  'published': [1, scratch, { ...published, ...stored }],
  'v': [1, scratch, { ...published, ...stored, ...v }],
  'refresh': [1, scratch, { ...published, ...stored, memoryRefresh: 0.5 }],
  'refresh-v': [1, scratch, { ...published, ...stored, ...v, memoryRefresh: 0.5 }],
  'refresh-consistency': [1, scratch, { ...published, ...stored, memoryRefresh: 0.5, consistency: {} }],
  'own': [1, scratch, own],
  'own-two-thirds': [2 / 3, scratch, own],
  'own-consistency': [1 / 3, tuning, { ...own, loss: published.loss, consistency: {} }, 'own-two-thirds'],
  'own-walk-4': [1 / 3, tuning, model => walk(model, [4], 3), 'own-two-thirds'],
  'own-walk-2': [1 / 3, tuning, model => walk(model, [2], 4), 'own-two-thirds'],
  'refresh-v-float16': [1, scratch, { ...published, ...v, memoryStorage: 'float16', memoryRefresh: 0.5 }],
  'refresh-v-float32': [1, scratch, { ...published, ...v, memoryStorage: 'float32', memoryRefresh: 0.5 }],
  'own-walk-4-half': [1 / 6, tuning, model => walk(model, [4], 3), 'own-two-thirds'],
  'own-walk-4-2': [1 / 6, tuning, model => walk(model, [2], 2), 'own-walk-4-half'],
};

// Arms that are only the beginning of others have seen fewer images and are not measured.
export const isMeasured = arm => arm !== 'own-two-thirds' && arm !== 'own-walk-4-half';

export const modelOf = (arm, seed) => `few-step-${arm}-${seed}`;

export function jobOf(arm, seed) {
  const [share, learningRate, objective, from] = arms[arm], model = modelOf(arm, seed);
  const parent = from && modelOf(from, seed), memory = arm !== 'ddim';
  return {
    name: model, model, objective: typeof objective === 'function' ? objective(parent) : objective,
    schedule: { name: 'cosine', steps: 1000 },
    network: { imageSize: 16, channels: 1, classes: 10, modelChannels: 16, channelMultipliers: [1, 2, 2], residualBlocks: 1, attentionResolutions: [4], headChannels: 16 },
    data: 'mnist-16', dataImages: 6000, batch: 32, images: Math.round(images * share),
    optimizer: { learningRate, weightDecay: 0, warmup: 50, finalShare: 0.02, clipNorm: 1 },
    emaDecay: 0.999, labelDrop: 0.1, seed,
    every: { checkpoint: 500, sample: 0, publish: 0, log: 10 },
    ...(parent && { initialFrom: { model: parent } }),
    sampling: memory ? { sampler: 'dddm', steps: 4, guidance: 1, options: { walk: 'ddim' } } : { sampler: 'ddim', steps: 20, guidance: 1, options: { spacing: 'trailing' } },
  };
}

export const samplersOf = arm => arm === 'ddim'
  ? [{ sampler: 'ddim', steps: [1, 2, 4, 10, 20, 50, 100], options: { spacing: 'trailing' } }]
  : [
    { sampler: 'dddm', steps: [1, 2, 4, 10], options: { walk: 'ddim' } },
    { sampler: 'dddm', steps: [2, 4, 10], options: { walk: 'fixed' } },
    { sampler: 'dddm', steps: [2, 4, 10], options: { walk: 'renoise' } },
  ];
