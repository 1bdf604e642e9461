// The bare broker of two hosts: what it reads goes to a Redis, and what comes from there to everybody
// who has subscribed. Usage: node redis-broker.js SOCKET REDIS-URL
import { createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';

const [path = '', url = ''] = process.argv.slice(2);
const [speaker, listener] = [new Redis(url), new Redis(url)];
const subscribers = new Set<Socket>();
let gathered = '';
let unanswered = 0;

listener.on('pmessage', (_pattern, _channel, message) => {
  if (gathered === '') process.nextTick(handOut);
  gathered += `${message}\n`;
});
function handOut(): void {
  for (const subscriber of subscribers) subscriber.write(gathered);
  gathered = '';
}

const server = createServer((socket) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { subscribe, topic } = JSON.parse(line) as { subscribe?: boolean; topic?: string };
      if (subscribe === undefined) void publish(socket, `bridge:${topic}`, line);
      else if (subscribe) {
        subscribers.add(socket);
        socket.write('{}\n');
      } else subscribers.delete(socket);
    }
  });
  socket.on('close', () => subscribers.delete(socket));
  socket.on('error', () => socket.destroy());
});

/** It reads no more while too much is unanswered. */
async function publish(socket: Socket, channel: string, line: string): Promise<void> {
  unanswered += 1;
  if (unanswered > 1000) socket.pause();
  await speaker.publish(channel, line);
  unanswered -= 1;
  if (unanswered === 500) socket.resume();
}

await listener.psubscribe('bridge:*');
server.listen(path, () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
