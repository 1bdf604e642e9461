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

/** At once, after all that waits for the end of the turn. */
export function writeJsonLine(socket: Socket, message: unknown): void {
  if (socket.destroyed) return;
  socket.write(JSON.stringify(message) + '\n');
  if (socket.writableCorked > 0) socket.uncork();
}

/** In order as ever, in one piece with what else is written in this turn of the event loop. */
export function writeJsonLineSoon(socket: Socket, message: unknown): void {
  if (socket.destroyed) return;
  if (socket.writableCorked === 0) {
    socket.cork();
    setImmediate(() => socket.uncork());
  }
  socket.write(JSON.stringify(message) + '\n');
}
