// A file on its way to the service, part by part: it goes on after a lost connection, a restarted service and a reloaded page.
import { call, explain, Refusal } from '../core/http.js';
import { pause } from '../core/hub.js';

const partBytes = 4 << 20;
// what another try can mend
const passing = [400, 408, 429, 500, 502, 503, 504];

/** An upload that the service knows of now. */
export async function begin(fields) {
  return (await call('v1/datasets/uploads', { method: 'POST', json: fields })).json();
}

/** Where an upload goes on. */
async function offsetOf(path) {
  return Number((await call(path, { method: 'HEAD' })).headers.get('upload-offset'));
}

/**
 * Sends what is left of a file.
 * @param path of the upload
 * @param on { sent(bytes), waits(why) }
 * @param signal ends it; what was sent stays with the service
 * @param rest how long to wait before another try
 */
export async function send(path, file, offset, on, signal, rest = pause) {
  for (let attempt = 0; offset < file.size;) {
    try {
      if (attempt > 0) offset = await offsetOf(path);
      on.sent(offset);
      if (offset < file.size) offset = await sendPart(path, file.slice(offset, offset + partBytes), offset, signal);
      attempt = 0;
    } catch (error) {
      if (signal.aborted) return false;
      const known = error instanceof Refusal;
      // a part that came twice: the service has it
      if (known && Number.isInteger(error.problem['expected-offset'])) offset = error.problem['expected-offset'];
      else if (known && (!passing.includes(error.status) || error.problem.errors)) throw error;
      else {
        on.waits(known ? explain(error) : 'The connection is lost.');
        await rest(attempt++);
        if (signal.aborted) return false;
      }
    }
  }
  on.sent(offset);
  return true;
}

async function sendPart(path, part, offset, signal) {
  const headers = { 'content-type': 'application/partial-upload', 'upload-offset': String(offset), ...await digestOf(part) };
  return Number((await call(path, { method: 'PATCH', body: part, headers, signal })).headers.get('upload-offset'));
}

// browsers have no digests on pages that came over plain HTTP from another machine
async function digestOf(part) {
  if (!globalThis.crypto?.subtle) return {};
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await part.arrayBuffer()));
  return { 'content-digest': `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
}
