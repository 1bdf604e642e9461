// The least that an event costs between processes: a broker that reads lines, and hands each that is
// an event to every connection that has said so, joined by read. It reads no more while one of them
// has not taken what it was sent.
import { createServer, type Socket } from 'node:net';

const [path = ''] = process.argv.slice(2);
const subscribers = new Set<Socket>();

const server = createServer((socket) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    let events = '';
    for (const line of lines) {
      const { subscribe } = JSON.parse(line) as { subscribe?: boolean };
      if (subscribe === undefined) events += `${line}\n`;
      else if (subscribe) {
        subscribers.add(socket);
        socket.write('{}\n');
      } else subscribers.delete(socket);
    }
    if (events === '') return;
    for (const subscriber of subscribers)
      if (!subscriber.write(events)) {
        socket.pause();
        subscriber.once('drain', () => socket.resume());
      }
  });
  socket.on('close', () => subscribers.delete(socket));
  socket.on('error', () => socket.destroy());
});
server.listen(path, () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
