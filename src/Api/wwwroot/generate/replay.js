// The slider over a finished trajectory, and the button that runs it.

const pictures = { play: 'M8 5.5v13l10.5-6.5z', pause: 'M7.5 6h3.2v12H7.5zM13.3 6h3.2v12h-3.2z' };
const longest = 4000, perStep = 250;

export class Replay {
  #slider;
  #button;
  #onMove;
  #frame = 0;

  /** @param onMove told when another moment is to be shown */
  constructor(slider, button, onMove) {
    this.#slider = slider;
    this.#button = button;
    this.#onMove = onMove;
    slider.addEventListener('input', () => { this.#pause(); this.#moved(); });
    button.addEventListener('click', () => this.#frame ? this.#pause() : this.#play());
  }

  /** Where the slider stands, 0..1 of the steps. */
  get share() { return this.#slider.disabled ? 1 : Number(this.#slider.value) / Number(this.#slider.max); }

  /** Offers so many steps, from the last one on; 0 offers nothing. */
  offer(steps) {
    this.#pause();
    const able = steps > 1;
    if (able) Object.assign(this.#slider, { max: steps, value: steps });
    this.#slider.disabled = this.#button.disabled = !able;
    this.#describe();
  }

  #play() {
    const steps = Number(this.#slider.max), whole = Math.min(longest, perStep * steps);
    let began;
    const draw = now => {
      began ??= now;
      const value = Math.min(steps, 1 + Math.floor((now - began) / whole * steps));
      if (value !== Number(this.#slider.value)) { this.#slider.value = value; this.#moved(); }
      if (value < steps) this.#frame = requestAnimationFrame(draw); else this.#pause();
    };
    this.#look('pause', 'Pause');
    this.#frame = requestAnimationFrame(draw);
  }

  #pause() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#look('play', 'Replay');
  }

  #look(picture, name) {
    this.#button.setAttribute('aria-label', name);
    this.#button.title = name;
    this.#button.querySelector('path').setAttribute('d', pictures[picture]);
  }

  #moved() {
    this.#describe();
    this.#onMove();
  }

  #describe() { this.#slider.setAttribute('aria-valuetext', `step ${this.#slider.value} of ${this.#slider.max}`); }
}
