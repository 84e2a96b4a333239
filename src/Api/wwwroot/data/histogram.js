// How many images each class has, as bars.
import { h } from '../core/dom.js';
import { number } from '../core/words.js';

/** The classes of a set in label order; null for a set without labels. */
export function histogram({ name, classes }) {
  if (classes.length === 0 || !classes.every(each => each.images)) return null;
  const count = each => Object.values(each.images).reduce((sum, images) => sum + images, 0);
  const most = Math.max(1, ...classes.map(count));
  return h('div', { class: 'histogram', tabindex: 0, role: 'region', 'aria-label': `Images of each class of ${name}` },
    h('ul', {}, ...classes.map(each => h('li', {},
      h('span', { class: 'class', title: each.name }, each.name),
      h('span', { class: 'share', 'aria-hidden': 'true' }, h('i', { style: `width: ${(100 * count(each) / most).toFixed(1)}%` })),
      h('span', { class: 'count' }, number(count(each)))))));
}
