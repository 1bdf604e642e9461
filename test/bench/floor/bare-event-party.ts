// The client of the bare broker. Usage: node bare-event-party.js CONTROL-SOCKET NAME BROKER-SOCKET
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Payload, type Side, takePart } from '../event-party.ts';

const [control = '', name = '', broker = ''] = process.argv.slice(2);
const socket = connect(broker);
let onEvent: (payload: Payload) => void = () => undefined;
let rest = '';
socket.setEncoding('utf8');
socket.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const { data } = JSON.parse(line) as { data?: Payload };
    if (data !== undefined) onEvent(data);
  }
});

const side: Side = {
  publish: async (data) => {
    const isRoom = socket.write(`${JSON.stringify({ topic: 'price.BTC.update', data })}\n`);
    if (!isRoom) await once(socket, 'drain');
  },
  subscribe: async (callback) => {
    onEvent = callback;
    socket.write('{"subscribe":true}\n');
    await once(socket, 'data');
    return () => void socket.write('{"subscribe":false}\n');
  },
};
takePart(control, name, side);
