/** A server that sees the bytes of each request and sends what a test tells it, right or wrong. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Seen {
  /** The whole request. */
  readonly text: string;
  readonly socket: net.Socket;
  /** Counts from 1, over all connections; and those of this connection alone. */
  readonly number: number;
  readonly onConnection: number;
}

export interface RawServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** How many connections it has had, and how many are open. */
  readonly accepted: number;
  readonly open: number;
  /** Resolves when so many requests have come. */
  received(count: number): Promise<void>;
  /** Resolves when no connection is open. */
  emptied(): Promise<void>;
  close(): Promise<void>;
}

/** Calls `answer` for each request that has come whole; it writes to the socket, or not. */
export async function rawServer(answer: (seen: Seen) => void): Promise<RawServer> {
  const seen: Seen[] = [];
  const sockets = new Set<net.Socket>();
  const changes = new Set<() => void>();
  let accepted = 0;
  const changed = () => {
    for (const look of [...changes]) look();
  };
  const server = net.createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      changed();
    });
    // Clients that give up reset their connections: that is what is tested.
    socket.on('error', () => socket.destroy());
    let bytes = '';
    let onConnection = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      for (let end = endOfRequest(bytes); end !== null; end = endOfRequest(bytes)) {
        onConnection += 1;
        const text = bytes.slice(0, end);
        bytes = bytes.slice(end);
        const one = { text, socket, number: seen.length + 1, onConnection };
        seen.push(one);
        answer(one);
        changed();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const when = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isSo()) return;
        changes.delete(look);
        resolve();
      };
      changes.add(look);
      look();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    received: (count) => when(() => seen.length >= count),
    emptied: () => when(() => sockets.size === 0),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A proper answer. */
export function reply(status: number, body = '', headers: Record<string, string> = {}): string {
  const lines = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  return `HTTP/1.1 ${status} Told\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

function endOfRequest(bytes: string): number | null {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return null;
  const length = Number(/^content-length: (\d+)/im.exec(bytes.slice(0, head))?.[1] ?? 0);
  return bytes.length >= head + 4 + length ? head + 4 + length : null;
}
