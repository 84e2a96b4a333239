// What one generation has shown so far: every frame of every picture, in the order of the steps.

const bytes = base64 => base64 ? Uint8Array.from(atob(base64), c => c.charCodeAt(0)) : null;

export class Trajectory {
  #pictures;

  constructor(count) {
    this.#pictures = Array.from({ length: count }, () => []);
    this.steps = 0;
  }

  get count() { return this.#pictures.length; }
  get empty() { return this.#pictures.every(frames => frames.length === 0); }

  /** Steps done, on average over the pictures. */
  get done() { return this.#pictures.reduce((sum, frames) => sum + (frames.at(-1)?.step ?? 0), 0) / this.count; }

  add(event) {
    this.steps = event.steps;
    const { step, width, height, channels } = event;
    this.#pictures[event.sample].push({ step, width, height, channels, noisy: bytes(event.noisy), clean: bytes(event.clean) });
  }

  /** The frame of a picture after so many steps, or the nearest one before it that arrived. */
  at(picture, step) {
    const frames = this.#pictures[picture];
    return frames.findLast(frame => frame.step <= step) ?? frames[0];
  }
}

/** Paints a frame, pixel for pixel. */
export function paint(canvas, frame, view) {
  const pixels = frame?.[view];
  if (!pixels) return;
  const { width, height, channels } = frame;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * channels + (channels === 1 ? 0 : c)];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
