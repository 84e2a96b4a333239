// Looks at what the service has now, one at a time: an answer never overtakes a newer one.

/** The act in turns: whoever asks while it runs waits for one run more, which begins when this one has ended. */
export function inTurn(act) {
  let running = null, next = null;
  const go = () => running = act().finally(() => { running = null; });
  return () => next ?? (running ? next = running.catch(() => { /* told to whoever asked for it */ }).then(() => { next = null; return go(); }) : go());
}
