import { once } from 'node:events';
import { connect } from 'node:net';

const roundMs = 500;

/** Counts answers without reading them, so that the client's own work weighs as little as can be. */
export async function callsPerSecond(
  socketPath: string,
  call: { readonly method: string; readonly params?: object },
  inFlight: number,
): Promise<number> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const request = `${JSON.stringify({ jsonrpc: '2.0', id: 1, ...call })}\n`;
  let answered = 0;
  const startedMs = performance.now();
  socket.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) {
      answered += 1;
      if (performance.now() - startedMs < roundMs) socket.write(request);
      else socket.destroy();
    }
  });
  for (let sent = 0; sent < inFlight; sent++) socket.write(request);
  await once(socket, 'close');
  return answered / ((performance.now() - startedMs) / 1000);
}
