// Where the fields of a JSON text are, so that what is wrong can be shown at the field.

/**
 * The places of all members by their path, such as optimizer.warmup: [start of the name, end of the value].
 * What is no JSON has the places up to the mistake.
 */
export function placesOf(text) {
  const places = new Map();
  let at = 0;
  const after = end => {
    const found = text.indexOf(end, at + 2);
    return found < 0 ? text.length : found + end.length;
  };
  const blank = () => {
    for (;;) {
      while (/\s/.test(text[at] ?? '')) at++;
      if (text.startsWith('//', at)) at = after('\n');
      else if (text.startsWith('/*', at)) at = after('*/');
      else return;
    }
  };
  const string = () => {
    const match = /"(?:[^"\\]|\\.)*"/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (!found) throw new SyntaxError('no text');
    at += found[0].length;
    return JSON.parse(found[0]);
  };
  const value = path => {
    blank();
    if (text[at] === '{') return members(path);
    if (text[at] === '[') return items(path);
    if (text[at] === '"') return void string();
    const match = /[^\s,\]}]+/y;
    match.lastIndex = at;
    at += match.exec(text)?.[0].length ?? fail();
  };
  const fail = () => { throw new SyntaxError('no value'); };
  const series = (end, each) => {
    at++;
    for (;;) {
      blank();
      if (text[at] === end) return void at++;
      if (at >= text.length) fail();
      each();
      blank();
      if (text[at] === ',') at++;
    }
  };
  const members = path => series('}', () => {
    const start = at, name = string(), full = path ? `${path}.${name}` : name;
    blank();
    if (text[at] !== ':') fail();
    at++;
    places.set(full, [start, start + name.length + 2]);
    value(full);
    places.set(full, [start, at]);
  });
  const items = path => series(']', () => value(path));
  try { value(''); } catch (mistake) { if (!(mistake instanceof SyntaxError)) throw mistake; }
  return places;
}

/** Where a field is, or the nearest one around it that is there; null for the whole. */
export function placeOf(text, path) {
  const places = placesOf(text);
  for (let at = path; at; at = at.includes('.') ? at.slice(0, at.lastIndexOf('.')) : '') if (places.has(at)) return places.get(at);
  return null;
}

/** The line of a position, from 1. */
export const lineOf = (text, position) => text.slice(0, position).split('\n').length;
