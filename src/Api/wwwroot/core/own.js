// The generations that this tab has started, newest first, so that the queue can show and stop them.

const most = 20;
const states = { queued: 'queued', started: 'running', frame: 'running', completed: 'done', failed: 'failed', canceled: 'canceled', lost: 'lost', refused: 'refused' };
const mine = [];

export const own = () => mine;

export const running = entry => ['asked', 'queued', 'running'].includes(entry.state);

/** Notes a request; the function it gives takes the request's events. */
export function note(request) {
  const entry = { id: null, state: 'asked', request, since: Date.now() };
  mine.unshift(entry);
  mine.length = Math.min(mine.length, most);
  return event => {
    entry.id = event.id ?? entry.id;
    entry.state = states[event.type] ?? entry.state;
  };
}
