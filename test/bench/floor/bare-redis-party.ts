// A client of Redis without a daemon. Usage: node bare-redis-party.js CONTROL-SOCKET NAME REDIS-URL
import { Redis } from 'ioredis';
import { type Payload, type Side, takePart } from '../event-party.ts';

const [control = '', name = '', url = ''] = process.argv.slice(2);
const [speaker, listener] = [new Redis(url), new Redis(url)];
let onEvent: ((payload: Payload) => void) | null = null;
listener.on('pmessage', (_pattern, _channel, message) =>
  onEvent?.((JSON.parse(message) as { data: Payload }).data),
);

const side: Side = {
  publish: async (data) => {
    const published = speaker.publish('bare:price.BTC.update', JSON.stringify({ data }));
    // Each answer awaited would measure round trips; none awaited, memory.
    if (data.n % 500 === 0) await published;
  },
  subscribe: async (callback) => {
    onEvent = callback;
    await listener.psubscribe('bare:price.*.update');
    return () => void listener.punsubscribe();
  },
};
takePart(control, name, side);
