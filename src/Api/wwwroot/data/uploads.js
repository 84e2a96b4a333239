// Uploads and their imports, as the service tells of them.
import { h } from '../core/dom.js';
import { listen } from '../core/events.js';
import { number, plural } from '../core/words.js';
import { size } from './sets.js';

/** Whether something will still happen to an upload. */
export const isOpen = state => state !== 'succeeded' && state !== 'failed';

/**
 * Watches all uploads; begins with each as it is.
 * @param told takes an upload, and whether it stands elsewhere than before; or null and the id of one that is gone
 * @returns ends it
 */
export const watchUploads = told => listen(() => ({ path: 'v1/datasets/uploads/events' }), {
  'import.state': ({ upload }) => told(upload, true),
  'import.progress': ({ upload }) => told(upload, false),
  'import.removed': ({ id }) => told(null, id),
});

/**
 * @param upload as the service has it
 * @param here { sending, why } if this page sends it
 * @param on { stop(), resume(file), drop() }
 */
export function uploadItem(upload, here, on) {
  const { id, name, state, offset, length, progress, error } = upload;
  const share = state === 'receiving' ? (length ? offset / length : 0) : state === 'succeeded' ? 1 : progress?.share ?? 0;
  const open = isOpen(state);
  const pick = h('input', { type: 'file', id: `resume-${id}`, class: 'visually-hidden', accept: '.zip,.npz', onchange: event => on.resume(event.target.files[0]) });
  return h('li', { class: 'upload', id: `upload-${id}`, 'data-state': state },
    h('div', { class: 'line' }, h('span', { class: 'status' }, h('strong', {}, name), ` ${words(upload, here)}`),
      open && h('span', { class: 'progress' }, state === 'receiving' ? `${size(offset)} of ${size(length)}` : progress ? `${number(progress.done)}${progress.total ? ` of ${number(progress.total)}` : ''}` : '')),
    open && h('progress', { max: 1, value: share, 'aria-label': `Progress of ${name}` }),
    error && h('p', { class: 'problem' }, error),
    h('div', { class: 'ends' },
      state === 'receiving' && here?.sending && h('button', { type: 'button', class: 'quiet', id: `stop-${id}`, 'aria-label': `Pause the upload of ${name}`, onclick: on.stop }, 'Pause'),
      state === 'receiving' && !here?.sending && h('span', {}, pick, h('label', { for: pick.id, class: 'button' }, 'Go on', h('span', { class: 'visually-hidden' }, ` with ${name}`))),
      h('button', { type: 'button', class: 'quiet', id: `drop-${id}`, 'aria-label': open ? `Drop ${name}` : `Forget ${name}`, onclick: on.drop }, open ? 'Drop' : 'Forget')));
}

function words({ state, progress, offset }, here) {
  const refused = progress?.refused ? `, ${plural(progress.refused, 'entry', 'entries')} refused` : '';
  if (state === 'receiving') return here?.why ? `waits: ${here.why} It goes on by itself.` : here?.sending ? 'is sent' : `stopped after ${size(offset)}; choose the same file to go on`;
  if (state === 'queued') return 'waits for its import';
  if (state === 'importing') return `is being imported${refused}`;
  return state === 'succeeded' ? `has become a set${refused}` : 'could not be imported';
}
