// The curves of one job: what it has logged already, and then each line as it comes.
import { Curve } from './curve.js';

export class Curves {
  #all = [
    new Curve('Loss', [['loss', 'training'], ['validationLoss', 'validation', 'second']], { log: true }),
    new Curve('Learning rate', [['learningRate', '']], { zero: true }),
    new Curve('Images a second', [['imagesPerSecond', '']], { zero: true }),
    new Curve('Gradient norm', [['gradientNorm', '']], { log: true }),
    new Curve('Copy score', [['copyScore', 'training'], ['sampleCopyScore', 'samples', 'second']]),
    new Curve('Sample variance', [['sampleVariance', '']]),
    new Curve('Change by one evaluation more', [], { zero: true, each: 'sampleChange.' }),
    new Curve('Accuracy', [['accuracy', 'training'], ['validationAccuracy', 'validation', 'second']]),
  ];
  #waiting = 0;

  get elements() { return this.#all.map(({ element }) => element); }

  add(step, values) { for (const curve of this.#all) curve.add(step, values); }

  clear() { for (const curve of this.#all) curve.clear(); }

  /** Draws, but not for each of many lines. */
  draw(steps) {
    this.#waiting ||= setTimeout(() => {
      this.#waiting = 0;
      for (const curve of this.#all) curve.draw(Math.max(1, steps));
    }, 100);
  }
}
