// What one generation has shown so far: the frames of every picture in the order of the steps, up to a limit in bytes.

const sizeOf = ({ noisy, clean }) => (noisy?.length ?? 0) + (clean?.length ?? 0);
const bytes = base64 => base64 ? Uint8Array.from(atob(base64), c => c.charCodeAt(0)) : null;

export class Trajectory {
  #pictures;
  #limit;
  #bytes = 0;

  /** @param limit bytes that may be kept; beyond it every other frame is let go, but for the newest */
  constructor(count, limit = Infinity) {
    this.#limit = limit;
    this.#pictures = Array.from({ length: count }, () => []);
    this.steps = 0;
  }

  get count() { return this.#pictures.length; }
  get empty() { return this.#pictures.every(frames => frames.length === 0); }

  /** Whether the last step of every picture is there. */
  get whole() { return this.steps > 0 && this.#pictures.every(frames => frames.at(-1)?.step === this.steps); }

  /** Steps done, on average over the pictures. */
  get done() { return this.#pictures.reduce((sum, frames) => sum + (frames.at(-1)?.step ?? 0), 0) / this.count; }

  add(event) {
    this.steps = event.steps;
    const { step, width, height, channels } = event;
    const frames = this.#pictures[event.sample];
    // a service that was restarted begins again, with the same pictures
    while (frames.length && frames.at(-1).step >= step) this.#bytes -= sizeOf(frames.pop());
    frames.push({ step, width, height, channels, noisy: bytes(event.noisy), clean: bytes(event.clean) });
    this.#bytes += sizeOf(frames.at(-1));
    if (this.#bytes > this.#limit) this.#thin();
  }

  /** Puts the finished picture after what is there; it is both the sample and the estimate. */
  finish(picture, { width, height, data }) {
    this.#pictures[picture].push({ step: this.steps, width, height, channels: 4, noisy: data, clean: data });
  }

  /** The frame of a picture after so many steps, or the nearest one before it that arrived. */
  at(picture, step) {
    const frames = this.#pictures[picture];
    return frames.findLast(frame => frame.step <= step) ?? frames[0];
  }

  #thin() {
    this.#pictures = this.#pictures.map(frames => frames.filter((_, i) => i % 2 === 0 || i === frames.length - 1));
    this.#bytes = this.#pictures.flat().reduce((sum, frame) => sum + sizeOf(frame), 0);
  }

  /** Up to so many frames of a picture, evenly spread, the first and the last among them. */
  spread(picture, most) {
    const frames = this.#pictures[picture], count = Math.min(most, frames.length);
    return Array.from({ length: count }, (_, i) => frames[count === 1 ? 0 : Math.round(i * (frames.length - 1) / (count - 1))]);
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
