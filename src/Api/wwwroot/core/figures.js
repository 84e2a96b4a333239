// Which of many figures of quality come first where there is no room for all of them.
const first = ['fid', 'frechet', 'label-accuracy', 'detection-rate', 'precision', 'recall'];
const place = name => (first.includes(name) ? first.indexOf(name) : first.length);

/** For sorting names of figures: the leading ones in their order, then the others by name. */
export function byLead(a, b) {
  return place(a) - place(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The few that lead, as [name, value]; of figures that none leads, the first by name. */
export function leading(metrics, most = 2) {
  return Object.entries(metrics).sort(([a], [b]) => byLead(a, b)).slice(0, most);
}
