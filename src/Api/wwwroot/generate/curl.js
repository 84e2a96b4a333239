const quote = text => `'${text.replaceAll("'", "'\\''")}'`;
const first = ['model', 'sampler', 'steps', 'n', 'seed', 'guidance'], otherwise = ['label', 'options', 'frames'];

/** The address of the one call that gives the same pictures. */
export function address(request, format) {
  const query = new URLSearchParams();
  for (const name of [...first, ...Object.keys(request).filter(each => !first.includes(each) && !otherwise.includes(each))])
    if (request[name] != null) query.set(name, request[name]);
  if (request.label.length) query.set('label', request.label.join(','));
  for (const [name, value] of Object.entries(request.options)) query.set(name, value);
  if (format) query.set('format', format);
  // readable where a URL allows it
  return `generate?${query.toString().replaceAll('%2C', ',').replaceAll('%40', '@')}`;
}

/** That call as one line for a shell. */
export function curl(request) {
  return `curl -X POST ${quote(new URL(address(request), document.baseURI).href)} -o out.png`;
}
