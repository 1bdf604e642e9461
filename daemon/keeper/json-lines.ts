/**
 * Newline-delimited JSON on a socket between keeper and daemon: both ends are ours, so a line that
 * is not JSON, or too long, means a broken peer and ends the connection.
 */
import type { Socket } from 'node:net';

/** @param onMessage called for each message in order; not after the socket was destroyed */
export function readJsonLines(
  socket: Socket,
  bytesMax: number,
  onMessage: (message: unknown) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    rest += chunk;
    let start = 0;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
      const line = rest.slice(start, end);
      start = end + 1;
      if (socket.destroyed) return;
      try {
        onMessage(JSON.parse(line));
      } catch (error) {
        socket.destroy(new Error(`not a message: ${(error as Error).message}`));
        return;
      }
    }
    rest = rest.slice(start);
    if (rest.length > bytesMax) socket.destroy(new Error(`a message over ${bytesMax} characters`));
  });
}

export function writeJsonLine(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(JSON.stringify(message) + '\n');
}
