/** A server that speaks as badly as the test wants: bytes instead of a library. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class RawServer {
  readonly connections: Socket[] = [];
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param answer what it does when the whole request has arrived */
  static async open(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
    const server = createServer();
    const raw = new RawServer(server);
    server.on('connection', (socket) => {
      raw.connections.push(socket);
      let request = '';
      // The client ends it in whatever way it likes.
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        const isKnown = request.includes('\r\n\r\n');
        request += chunk.toString('latin1');
        if (isKnown || !request.includes('\r\n\r\n')) return;
        raw.requests.push(request);
        answer(socket, request);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return raw;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/feed`;
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The answer that accepts the upgrade. */
export function accepted(request: string): string {
  const key = /sec-websocket-key: (.*)\r/i.exec(request)?.[1] ?? '';
  const accept = createHash('sha1')
    .update(key + guid)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** @param bits FIN, RSV and opcode: 0x81 is a whole text */
export function frame(bits: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([bits, bytes.length]), bytes]);
}
