// The API key of this tab: asked for when the service answers 401, forgotten when the tab is closed.
import { h } from './dom.js';

const place = 'diffusion-key';
let asking = null;
const awaiting = [];
let declined = false;

export const key = () => sessionStorage.getItem(place);

/** Done when the next key is given, whoever asked for it. */
export const keyGiven = () => new Promise(resolve => awaiting.push(resolve));

/** Asks for a key; true when one was given. Several askers share one question, and who said no is not asked again. */
export function askForKey(why) {
  document.getElementById('change-key').hidden = false;
  return declined && !asking ? Promise.resolve(false) : changeKey(why);
}

/** Asks in any case: somebody wants to. */
export function changeKey(why) {
  asking ??= ask(why).finally(() => { asking = null; });
  return asking;
}

function ask(why) {
  const input = h('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-why' });
  const dialog = h('dialog', { 'aria-labelledby': 'key-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'key-title' }, 'API key needed'),
      h('p', { id: 'key-why' }, why),
      h('div', { class: 'field' }, h('label', { for: 'key' }, 'Key'), input),
      h('p', { class: 'note' }, 'It is kept in this tab alone, until you close it.'),
      h('div', { class: 'ends' },
        h('button', { type: 'button', class: 'secondary', onclick: () => dialog.close() }, 'Not now'),
        h('button', { value: 'use' }, 'Use this key'))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    const given = dialog.returnValue === 'use' ? input.value.trim() : '';
    dialog.remove();
    declined = !given;
    if (given) {
      sessionStorage.setItem(place, given);
      awaiting.splice(0).forEach(told => told());
    }
    resolve(Boolean(given));
  }));
}
