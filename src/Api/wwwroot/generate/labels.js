// Which classes to draw: a row of toggles, or a line of numbers where there are too many for that.
import { h } from '../core/dom.js';
import { rove } from '../core/roving.js';

const most = 24;

export class Labels {
  #names = null;
  #fieldset;
  #place;
  #all;
  #roving;

  /** @param fieldset the group #label, with .pills for the toggles and a button that sets all */
  constructor(fieldset) {
    this.#fieldset = fieldset;
    this.#place = fieldset.querySelector('.pills');
    this.#all = fieldset.querySelector('button');
    this.#roving = rove(this.#place, 'input[type="checkbox"]');
    this.#all.addEventListener('click', () => {
      const on = !this.#boxes.every(box => box.checked);
      this.#boxes.forEach(box => { box.checked = on; });
      this.#describe();
    });
    this.#place.addEventListener('change', () => this.#describe());
  }

  /** The numbers that are chosen; none is a picture of no class in particular. */
  get value() {
    const line = this.#place.querySelector('input[type="text"]');
    if (line) return line.value.split(/[\s,]+/).filter(Boolean);
    return this.#boxes.flatMap((box, i) => box.checked ? [i] : []);
  }

  /** Chooses these numbers and no others. */
  set value(numbers) {
    const line = this.#place.querySelector('input[type="text"]');
    if (line) line.value = numbers.join(', ');
    this.#boxes.forEach((box, i) => { box.checked = numbers.includes(i); });
    this.#describe();
  }

  /** Takes the class names of a model; null when it has none. What was chosen stays chosen. */
  offer(names) {
    if (JSON.stringify(names) === JSON.stringify(this.#names)) return;
    this.#names = names;
    this.#fieldset.hidden = !names?.length;
    this.#all.hidden = (names?.length ?? 0) > most;
    if (!names?.length) this.#place.replaceChildren();
    else if (names.length > most) this.#place.replaceChildren(h('input', { type: 'text', placeholder: `0 to ${names.length - 1}, separated by commas`, 'aria-label': 'Class numbers' }));
    else {
      this.#place.replaceChildren(...names.map(name => h('label', { class: 'pill' }, h('input', { type: 'checkbox', checked: true }), h('span', {}, name))));
      this.#roving.reset();
    }
    this.#describe();
  }

  get #boxes() { return [...this.#place.querySelectorAll('input[type="checkbox"]')]; }

  #describe() { this.#all.textContent = this.#boxes.every(box => box.checked) ? 'None' : 'All'; }
}
