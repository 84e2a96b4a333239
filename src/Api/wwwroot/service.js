// Everything that talks to the service: the catalogue over HTTP, generations over SignalR.

const longestWait = 4000;

/** The models and samplers that are served. */
export async function catalogue() {
  const [models, samplers] = await Promise.all(['v1/models', 'v1/samplers'].map(async path => {
    const response = await fetch(path, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }));
  return { models, samplers };
}

/** The problem that a hub error carries as JSON, or null. */
export function problemOf(error) {
  const start = error?.message?.indexOf('{') ?? -1;
  if (start < 0) return null;
  try { return JSON.parse(error.message.slice(start)); } catch { return null; }
}

/** Waits a little longer at each attempt. */
export function pause(attempt) {
  return new Promise(resolve => setTimeout(resolve, Math.min(500 * 2 ** attempt, longestWait)));
}

/** The connection to the generation hub; it comes back by itself. */
export class Hub {
  #connection;
  #onState;

  /** @param onState told true when the connection stands, false when it is lost */
  constructor(onState) {
    this.#onState = onState;
    this.#connection = new signalR.HubConnectionBuilder()
      .withUrl('hubs/generation')
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: retry => Math.min(500 * 2 ** retry.previousRetryCount, longestWait) })
      .configureLogging(signalR.LogLevel.None)
      .build();
    this.#connection.onreconnecting(() => onState(false));
    this.#connection.onreconnected(() => onState(true));
    this.#connection.onclose(() => { onState(false); this.start(); });
  }

  async start() {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#connection.start();
        this.#onState(true);
        return;
      } catch {
        this.#onState(false);
        await pause(attempt);
      }
    }
  }

  /** Streams one generation's events; done resolves to 'ended' or, after stop(), to 'stopped'. */
  generate(request, onEvent) {
    let stop;
    const done = new Promise((resolve, reject) => {
      const subscription = this.#connection.stream('Generate', request)
        .subscribe({ next: onEvent, complete: () => resolve('ended'), error: reject });
      stop = () => { subscription.dispose(); resolve('stopped'); };
    });
    return { done, stop };
  }
}
