// A connection that can be cut while the service goes on: everything passes through a relay of bytes.
import { connect, createServer } from 'node:net';

export class Relay {
  #sockets = new Set();
  #server;

  /** @param service to whom the bytes go */
  static async to(service) {
    const relay = new Relay();
    relay.#server = createServer(near => {
      const far = connect(service.port, '127.0.0.1');
      for (const [socket, other] of [[near, far], [far, near]]) {
        relay.#sockets.add(socket);
        // an end that is cut is an end
        socket.on('error', () => socket.destroy());
        socket.on('close', () => { relay.#sockets.delete(socket); other.destroy(); });
        socket.pipe(other);
      }
    });
    await relay.open(0);
    relay.port = relay.#server.address().port;
    return relay;
  }

  get url() { return `http://127.0.0.1:${this.port}/`; }

  open(port = this.port) { return new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)); }

  /** Ends every connection at once, and takes no new one. */
  cut() {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }
}
