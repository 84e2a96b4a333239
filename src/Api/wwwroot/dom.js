// Elements, and messages beside the fields they are about.

/** An element with attributes (false, null and undefined are left out) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** A labelled input with room for its message. The input's id names all three. */
export function field(label, input) {
  input.setAttribute('aria-describedby', `${input.id}-error`);
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, h('p', { class: 'error', id: `${input.id}-error`, hidden: true }));
}

/** Shows messages at the input of that id; false if there is none. */
export function showError(id, messages) {
  const place = document.getElementById(`${id}-error`);
  if (!place) return false;
  place.textContent = [].concat(messages).join(' ');
  place.hidden = false;
  const input = document.getElementById(id);
  input?.setAttribute('aria-invalid', 'true');
  const folded = input?.closest('details');
  if (folded) folded.open = true;
  return true;
}

/** Takes every message away. */
export function clearErrors(root) {
  for (const place of root.querySelectorAll('.error')) place.hidden = true;
  for (const input of root.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}
