/**
 * One connection to one origin: an agent that has a single socket. So a pool can lend and close
 * connections, which agents of Node do not offer; the socket opens with the first request, and again
 * when the server has closed it.
 */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

export class HttpConnection {
  readonly agent: http.Agent;
  /** Called when a new socket is ready for the request, its TLS included. */
  onOpen: (() => void) | null = null;
  /** Called when a socket that was ready is gone. */
  onClose: (() => void) | null = null;
  /** Sockets, since the beginning. */
  opened = 0;
  #socket: Socket | null = null;
  #isReady = false;
  /** What had come when it was last at rest: whatever comes then answers no request of ours. */
  #bytesReadAtRest = 0;

  /** @param ca certificates in PEM that are trusted in place of those of Node */
  constructor(origin: URL, ca: string | undefined) {
    const options = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 };
    const isSecure = origin.protocol === 'https:';
    this.agent = isSecure
      ? new https.Agent({ ...options, ...(ca === undefined ? {} : { ca }) })
      : new http.Agent(options);
    const connect = this.agent.createConnection.bind(this.agent);
    this.agent.createConnection = (connectOptions, callback) => {
      const socket = connect(connectOptions, callback) as Socket;
      this.#follow(socket, isSecure ? 'secureConnect' : 'connect');
      return socket;
    };
  }

  /** Whether a request would be written at once. */
  get isOpen(): boolean {
    return this.#isReady && this.#socket?.destroyed === false && !this.#socket.readableEnded;
  }

  /** To be called when an answer has been read: whether another request may follow on this one. */
  rest(): boolean {
    if (this.#socket === null) return true;
    this.#bytesReadAtRest = this.#socket.bytesRead;
    // An early answer: the rest of our body would be taken for the next request.
    return this.#socket.writableLength === 0;
  }

  /** Whether nothing has come since; it need not be open. */
  get isQuiet(): boolean {
    return this.#socket === null || this.#socket.bytesRead === this.#bytesReadAtRest;
  }

  close(): void {
    this.agent.destroy();
    // The agent forgets one that was taken from it by an upgrade.
    this.#socket?.destroy();
  }

  #follow(socket: Socket, readyEvent: 'connect' | 'secureConnect'): void {
    this.opened += 1;
    this.#socket = socket;
    this.#isReady = false;
    socket.once(readyEvent, () => {
      this.#isReady = true;
      this.onOpen?.();
    });
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = null;
      if (this.#isReady) this.onClose?.();
    });
  }
}
