// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const clock = new Intl.DateTimeFormat('en', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export const number = value => Number.isInteger(value) ? whole.format(value) : short.format(value);

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function duration(milliseconds) {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round(milliseconds / 1000) % 60} s`;
}

export const moment = time => day.format(new Date(time));

/** A time in a list of what happened lately: of today by the clock, of another day with its date. */
export function lately(time) {
  const then = new Date(time);
  return then.toDateString() === new Date().toDateString() ? clock.format(then) : day.format(then);
}

/** A member name of the API as a heading: rowsWaiting becomes Rows waiting. */
export function heading(name) {
  const words = name.replace(/(Milliseconds|Ms)$/, '').replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
