// The form that brings a version in from a file.
import { clearErrors, errorOf, field, h, showError } from '../core/dom.js';

/** @param on { bring(model, file) }: resolves once it is here or refused */
export function arrival(types, on) {
  const model = h('input', { id: 'import-name', type: 'text', autocomplete: 'off', spellcheck: 'false' });
  const file = h('input', { id: 'import-file', type: 'file', accept: ['.safetensors', '.zip', types].filter(Boolean).join(',') });
  const go = h('button', { class: 'secondary', id: 'import-go' }, 'Import');
  const form = h('form', { class: 'panel arrival', id: 'import', novalidate: true, 'aria-labelledby': 'import-title' },
    h('h2', { id: 'import-title' }, 'Import a version'),
    field('File', file), field('Model', model), go,
    h('p', { class: 'note' }, 'A file that was exported by a service like this one. It becomes the next version of the model, or the first of a new one, once all of it is verified.'),
    errorOf('import'));
  file.addEventListener('change', () => {
    // as it was exported: digits-ddpm-v3.zip
    model.value ||= /^([a-z0-9][a-z0-9-]*)-v\d+\./.exec(file.files[0]?.name ?? '')?.[1] ?? '';
  });
  form.addEventListener('submit', async event => {
    event.preventDefault();
    clearErrors(form);
    if (file.files.length === 0) return showError(file.id, 'Choose a file.');
    if (!model.value.trim()) return showError(model.id, 'Name the model.');
    go.disabled = true;
    try {
      await on.bring(model.value.trim(), file.files[0]);
    } finally {
      go.disabled = false;
    }
  });
  return form;
}
