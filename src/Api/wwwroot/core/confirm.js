// A question before something that others will notice.
import { h } from './dom.js';

/** Asks; true for yes. The focus begins on the way out and goes back to where it was. */
export function confirm(title, text, yes) {
  const dialog = h('dialog', { 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'confirm-title' }, title),
      h('p', { id: 'confirm-text' }, text),
      h('div', { class: 'ends' },
        h('button', { class: 'secondary', value: 'no', autofocus: true }, 'Leave it'),
        h('button', { value: 'yes' }, yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    dialog.remove();
    resolve(dialog.returnValue === 'yes');
  }));
}
