// One picture large: the sample beside the estimate at the same step, and the way it came.
import { h } from '../core/dom.js';
import { paint } from './trajectory.js';

const thumbnails = 10;

/** Opens over the page; closes with Esc, with its button, and with a click beside it. */
export function inspect(trajectory, picture, name) {
  const noisy = h('canvas', { role: 'img', 'aria-label': 'Sample' });
  const clean = h('canvas', { role: 'img', 'aria-label': 'Estimate' });
  const now = h('output', { for: 'moment' });
  const slider = h('input', { id: 'moment', type: 'range', min: 1, max: trajectory.steps, value: trajectory.steps, step: 1, autofocus: true });
  const strip = h('div', { class: 'film', 'aria-hidden': 'true' });
  const show = () => {
    const frame = trajectory.at(picture, Number(slider.value));
    paint(noisy, frame, 'noisy');
    paint(clean, frame, 'clean');
    now.textContent = `step ${slider.value} of ${trajectory.steps}`;
    slider.setAttribute('aria-valuetext', now.textContent);
    for (const thumbnail of strip.children) thumbnail.classList.toggle('now', Number(thumbnail.dataset.step) === frame.step);
  };
  for (const frame of trajectory.spread(picture, thumbnails)) {
    const thumbnail = h('canvas', { 'data-step': frame.step, onclick: () => { slider.value = frame.step; show(); } });
    paint(thumbnail, frame, 'noisy');
    strip.append(thumbnail);
  }
  const dialog = h('dialog', { class: 'inspector', 'aria-labelledby': 'inspector-title' },
    h('header', {}, h('h2', { id: 'inspector-title' }, name), h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Close')),
    h('div', { class: 'pair' },
      h('figure', {}, noisy, h('figcaption', {}, 'Sample x', h('sub', {}, 't'))),
      h('figure', {}, clean, h('figcaption', {}, 'Estimate x', h('sub', {}, '0')))),
    h('div', { class: 'scrub' }, h('label', { for: 'moment', class: 'visually-hidden' }, 'Step'), slider, now),
    strip);
  slider.addEventListener('input', show);
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();
}
