import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** In front of a server of 127.0.0.1, at a port of its own: what is said takes a while to arrive. */
export class LongWay {
  /** In each direction. */
  delayMs = 0;
  #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#target = port;
    this.#server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      this.#join(near, far);
      this.#join(far, near);
    });
  }

  static async to(port: number): Promise<LongWay> {
    const way = new LongWay(port);
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection; later ones are to another server. */
  leadTo(port: number): void {
    this.#target = port;
    this.#endAll();
  }

  close(): void {
    this.#server.close();
    this.#endAll();
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), this.delayMs));
    from.on('close', () => to.destroy());
    // Its end follows.
    from.on('error', () => undefined);
  }
}
