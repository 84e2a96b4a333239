const quote = text => `'${text.replaceAll("'", "'\\''")}'`;

/** The same request as one line for a shell; it gives the same pictures. */
export function curl(request) {
  const query = new URLSearchParams();
  for (const name of ['model', 'sampler', 'steps', 'n', 'seed', 'guidance']) if (request[name] != null) query.set(name, request[name]);
  if (request.label.length) query.set('label', request.label.join(','));
  for (const [name, value] of Object.entries(request.options)) query.set(name, value);
  // readable where a URL allows it
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%40', '@');
  return `curl -X POST ${quote(`${new URL('generate', document.baseURI)}?${text}`)} -o out.png`;
}
