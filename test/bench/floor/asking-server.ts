// The floor of a health check over a link: on every connection one question a second, its answer
// parsed. Usage: node asking-server.js SOCKET
import { createServer } from 'node:net';

const socketPath = process.argv[2] ?? '';
const server = createServer((socket) => {
  let id = 0;
  let rest = '';
  const timer = setInterval(() => {
    id += 1;
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'link.health', params: {} })}\n`);
  }, 1000);
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) JSON.parse(line);
  });
  socket.on('close', () => clearInterval(timer));
  // The modules end at once when the measuring is over: a question that was on its way breaks a pipe.
  socket.on('error', () => socket.destroy());
});
server.listen(socketPath, () => process.send?.('done'));
process.on('disconnect', () => process.exit());
