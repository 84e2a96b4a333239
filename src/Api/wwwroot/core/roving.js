// A group that is one stop for Tab; the arrow keys move inside it.

const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @param across how many stand in a row when Up and Down go by rows; 1 lets them go like Left and Right */
export function rove(group, selector, across = () => 1) {
  const all = () => [...group.querySelectorAll(selector)];
  group.addEventListener('keydown', event => {
    const items = all(), at = items.indexOf(event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const vertical = event.key === 'ArrowUp' || event.key === 'ArrowDown';
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? items.length - 1 : at + steps[event.key] * (vertical ? across() : 1);
    if (!items[to]) return;
    event.preventDefault();
    items[to].focus();
  });
  group.addEventListener('focusin', event => {
    if (event.target.matches(selector)) all().forEach(item => { item.tabIndex = item === event.target ? 0 : -1; });
  });
  return { reset: () => all().forEach((item, i) => { item.tabIndex = i === 0 ? 0 : -1; }) };
}
