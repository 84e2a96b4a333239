// Elements, and messages beside the fields they are about.

/** An element with attributes (false, null and undefined are left out) and children. */
export function h(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** A round-capped drawing of one path for a button; it says nothing to a screen reader. */
export function icon(path) {
  return svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    svg('path', { d: path, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }));
}

/** A labelled input with room for its message. The input's id names all three. */
export function field(label, input) {
  input.setAttribute('aria-describedby', `${input.id}-error`);
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, errorOf(input.id));
}

/** Where the message about the input of that id stands. */
export function errorOf(id) { return h('p', { class: 'error', id: `${id}-error`, hidden: true }); }

/** Shows messages at the input of that id; false if there is none. */
export function showError(id, messages) {
  const place = document.getElementById(`${id}-error`);
  if (!place) return false;
  place.textContent = [].concat(messages).join(' ');
  place.hidden = false;
  document.getElementById(id)?.setAttribute('aria-invalid', 'true');
  for (let folded = place.closest('details'); folded; folded = folded.parentElement.closest('details')) folded.open = true;
  return true;
}

/** Shows messages by the names of fields, each at the first of its places that there is; gives those that have none. */
export function showErrors(errors, placesOf) {
  return Object.entries(errors ?? {}).flatMap(([name, messages]) => placesOf(name).some(id => showError(id, messages)) ? [] : messages);
}

/** Takes every message away. */
export function clearErrors(root) {
  for (const place of root.querySelectorAll('.error')) place.hidden = true;
  for (const input of root.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** Moves the focus to the first wrong field, if there is one. */
export function focusWrong(root) {
  const wrong = root.querySelector('[aria-invalid]');
  (wrong?.matches('fieldset') ? wrong.querySelector('input') : wrong)?.focus();
}

/**
 * Replaces the children if they differ from those drawn last. What was typed or chosen stays, and who had the focus has it
 * again, by their ids.
 */
export function redraw(place, ...children) {
  const next = h('div', {}, ...children), html = next.innerHTML;
  if (drawn.get(place) === html) return;
  drawn.set(place, html);
  for (const old of place.querySelectorAll('input[id], select[id]')) {
    const now = next.querySelector(`#${CSS.escape(old.id)}`);
    if (now && isTouched(old) && (!now.options || [...now.options].some(option => option.value === old.value))) now.value = old.value;
  }
  const focused = place.contains(document.activeElement) && document.activeElement.id;
  place.replaceChildren(...next.childNodes);
  if (focused) document.getElementById(focused)?.focus();
}

const drawn = new WeakMap();
const isTouched = field => field.options ? [...field.options].some(option => option.selected !== option.defaultSelected) : field.value !== field.defaultValue;

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}
