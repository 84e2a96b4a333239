// Server-sent events of the service, through lost connections: the browser comes back by itself, and where it gives up we do.
import { key } from './key.js';

const rest = 2000;

/**
 * @param address gives where the stream is, as it is wanted now; a key goes along in the query, which is all that an EventSource can do
 * @param on by event name: takes what happened; true when nothing more is wanted
 * @returns ends it
 */
export function listen(address, on) {
  let source, timer = 0;
  const open = () => {
    const { path, query = {} } = address();
    const fields = new URLSearchParams({ ...query, ...(key() ? { access_token: key() } : {}) }).toString();
    source = new EventSource(fields ? `${path}?${fields}` : path);
    for (const [name, told] of Object.entries(on)) source.addEventListener(name, event => {
      // without this the browser would come back to a stream that has ended
      if (told(JSON.parse(event.data)) === true) source.close();
    });
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, rest); });
  };
  open();
  return () => { clearTimeout(timer); source.close(); };
}
