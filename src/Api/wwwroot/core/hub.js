// The connection to the generation hub; it comes back by itself.
import { askForKey, key, keyGiven } from './key.js';

const longestWait = 4000;

/** Waits a little longer at each attempt. */
export function pause(attempt) {
  return new Promise(resolve => setTimeout(resolve, Math.min(500 * 2 ** attempt, longestWait)));
}

export class Hub {
  #connection;
  #onState;
  #waiting = [];

  /** @param onState told true when the connection stands, false when it is lost */
  constructor(onState) {
    this.#onState = onState;
    this.#connection = new signalR.HubConnectionBuilder()
      .withUrl('hubs/generation', { accessTokenFactory: () => key() ?? '' })
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: retry => Math.min(500 * 2 ** retry.previousRetryCount, longestWait) })
      .configureLogging(signalR.LogLevel.None)
      .build();
    this.#connection.onreconnecting(() => onState(false));
    this.#connection.onreconnected(() => this.#stands());
    this.#connection.onclose(() => { onState(false); this.start(); });
  }

  async start() {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#connection.start();
        return this.#stands();
      } catch (error) {
        this.#onState(false);
        if (!/\b401\b/.test(error?.message)) await pause(attempt);
        else if (!await askForKey('The live pictures need an API key.')) await keyGiven();
      }
    }
  }

  /** Done as soon as the connection stands. */
  connected() {
    return this.#connection.state === 'Connected' ? Promise.resolve() : new Promise(resolve => this.#waiting.push(resolve));
  }

  /** Streams what a hub method yields; done resolves to 'ended' or, after stop(), to 'stopped'. */
  stream(method, args, onEvent) {
    let stop;
    const done = new Promise((resolve, reject) => {
      const subscription = this.#connection.stream(method, ...args)
        .subscribe({ next: onEvent, complete: () => resolve('ended'), error: reject });
      stop = () => { subscription.dispose(); resolve('stopped'); };
    });
    return { done, stop };
  }

  /** Connects anew, with the key of now. */
  async renew() {
    if (this.#connection.state === 'Connected') await this.#connection.stop();
  }

  invoke(method, ...args) { return this.#connection.invoke(method, ...args); }

  #stands() {
    this.#onState(true);
    this.#waiting.splice(0).forEach(resolve => resolve());
  }
}
