// A job file to begin with for an image set: that of docs/from-zip-to-model.md, with the sizes of the set.

const coarsest = 8; // pixels across, where attention is still cheap
const widest = 3;

const halvings = size => size % 2 ? 0 : 1 + halvings(size / 2);

/** How often a network of that size halves its pictures: at least twice where it can, and until they are small. */
const levelsOf = size => Math.min(halvings(size), Math.max(2, Math.ceil(Math.log2(size / coarsest))));

/** @param name of the job; model and data have the name of the set */
export function jobFor({ name: set, width, channels, classes }, name) {
  const multipliers = Array.from({ length: 1 + levelsOf(width) }, (_, level) => level === 0 ? 1 : level < widest ? 2 : 4);
  return {
    name, model: set, objective: { kind: 'ddpm', prediction: 'v' }, schedule: { name: 'cosine', steps: 1000 },
    network: { imageSize: width, channels, ...(classes.length ? { classes: classes.length } : {}), modelChannels: 32, channelMultipliers: multipliers, residualBlocks: 1, headChannels: 8 },
    data: set, batch: 32, steps: 3000, ...(classes.length ? { labelDrop: 0.1 } : {}),
    optimizer: { learningRate: 0.001, warmup: 100 }, emaDecay: 0.999, sampling: { sampler: 'ddim', steps: 20 },
  };
}
