// What can be checked by machine of a page that everybody shall be able to use; runs in the page.

/** Faults as sentences; none for a good page. */
export const audit = page => page.evaluate(() => {
  const faults = [];
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const shown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = selector => [...document.querySelectorAll(selector)].filter(shown);

  const nameOf = e => e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') ?? '').split(' ').map(id => document.getElementById(id)?.textContent).join('')
    || [...(e.labels ?? [])].map(label => label.textContent).join('') || (e.matches('input, select') ? '' : e.textContent) || '';
  for (const e of all('input, select, button, a, summary, [role="img"], [role="group"], [role="region"], dialog, nav, fieldset, article, form'))
    if (!e.matches('fieldset, article') && !nameOf(e).trim()) say('has no name', e);
  for (const e of all('fieldset')) if (!e.querySelector('legend')?.textContent.trim()) say('has no legend', e);
  for (const e of all('svg, canvas')) if (!e.closest('[aria-hidden="true"]') && e.getAttribute('role') !== 'img') say('is neither named nor hidden', e);
  for (const e of all('[tabindex]')) if (e.tabIndex > 0) say('breaks the order of Tab', e);
  for (const name of ['aria-describedby', 'aria-labelledby', 'for'])
    for (const e of all(`[${name}]`)) for (const id of e.getAttribute(name).split(' ')) if (!document.getElementById(id)) say(`${name} points nowhere`, e);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of new Set(ids)) if (ids.filter(each => each === id).length > 1) faults.push(`id ${id} is used twice`);
  if (!document.documentElement.lang) faults.push('the language is not said');
  if (document.querySelectorAll('main').length !== 1) faults.push('there is not one main landmark');
  const headings = [...document.querySelectorAll('h1, h2, h3')].filter(e => e.checkVisibility());
  if (headings.filter(e => e.tagName === 'H1').length !== 1) faults.push('there is not one first heading');
  headings.reduce((before, e) => { const level = Number(e.tagName[1]); if (level > before + 1) say('skips a level of headings', e); return level; }, 0);

  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (front, back) => [0, 1, 2].map(i => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
  const ground = e => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      layers.push(rgba(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reduceRight((back, front) => over(front, back), [255, 255, 255, 1]);
  };
  const light = colour => colour.slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(e) || e.closest('.visually-hidden, script, noscript, option, :disabled')) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const back = ground(e), ratio = contrast(over(rgba(style.color), back), back);
    if (ratio < least) say(`has a contrast of ${ratio.toFixed(2)}, below ${least}`, e);
  }
  for (const e of all('input:not([type="range"], [type="checkbox"], [type="radio"]):enabled, select:enabled')) {
    const ratio = contrast(rgba(getComputedStyle(e).borderTopColor), ground(e.parentElement));
    if (ratio < 3) say(`has a border with a contrast of ${ratio.toFixed(2)}, below 3`, e);
  }
  return faults;
});

/** The right edge of whatever reaches furthest, in pixels; what scrolls by itself counts as wide as it is shown. */
export const widest = page => page.evaluate(() => Math.max(document.documentElement.scrollWidth,
  ...[...document.querySelectorAll('body *:not(.visually-hidden, .skip)')].filter(e => !e.parentElement.closest('.scroll, .curl')).map(e => e.getBoundingClientRect().right)));
