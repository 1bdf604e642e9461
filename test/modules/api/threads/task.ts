/** A task that does as it is told. */
import { threadId } from 'node:worker_threads';

export type Order =
  | { readonly do: 'square'; readonly of: number }
  | { readonly do: 'thread' | 'throw' | 'exit' | 'uncaught' | 'closure' }
  | { readonly do: 'wait' | 'stay'; readonly gate: SharedArrayBuffer }
  | { readonly do: 'bytes'; readonly of: ArrayBuffer };

export default async function task(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'square':
      return order.of ** 2;
    case 'thread':
      return threadId;
    case 'throw':
      throw new RangeError('out of range');
    case 'exit':
      process.exit(3);
    // eslint-disable-next-line no-fallthrough -- the line above does not return
    case 'uncaught':
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
      return new Promise(() => undefined);
    case 'closure':
      return () => 1;
    case 'stay':
    case 'wait': {
      const gate = new Int32Array(order.gate);
      // Says that it runs, then blocks its thread until the gate is opened, or for ever.
      Atomics.add(gate, 1, 1);
      Atomics.notify(gate, 1);
      while (order.do === 'stay');
      Atomics.wait(gate, 0, 0);
      return threadId;
    }
    case 'bytes':
      return order.of.byteLength;
  }
}
