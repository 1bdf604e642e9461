// The floor of an RPC call: a socket, one JSON.parse of the request, one JSON.stringify of the
// reply. Usage: node echo-server.js SOCKET, with the result to answer as its first message.
import { createServer } from 'node:net';

const socketPath = process.argv[2] ?? '';

process.once('message', ({ result }: { result: unknown }) => {
  const server = createServer((socket) => {
    let rest = '';
    socket.setEncoding('utf8');
    // The client leaves in the middle of its pipeline.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { id } = JSON.parse(line) as { id: number };
        socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
      }
    });
  });
  server.listen(socketPath, () => process.send?.('done'));
});
process.on('disconnect', () => process.exit());
