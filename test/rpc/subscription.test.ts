import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Subscription } from '../../rpc/subscription.ts';
import { startServer, type Caller, type RawClient, type TestServer } from './wire.ts';

interface Item {
  n: number;
  filler: string;
}

describe('a subscription', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  async function subscribe(
    queuedMax: number,
    queuedBytesMax = Infinity,
  ): Promise<{ subscription: Subscription<Item>; client: RawClient; caller: Caller }> {
    let opened: { subscription: Subscription<Item>; caller: Caller } | undefined;
    server = await startServer({
      handlers: {
        'logs.stream': (_params, caller, call) => {
          const subscription = new Subscription<Item>({
            peer: caller.peer,
            deliver: (item) => caller.peer.notify('item', item),
            deliverLost: (count) => caller.peer.notify('lost', { count }),
            queuedMax,
            queuedBytesMax,
            bytesOf: ({ filler }) => filler.length,
          });
          subscription.push({ n: 0, filler: '' });
          call.afterAnswer(() => subscription.start());
          opened = { subscription, caller };
          return { subscription: 's', lines: [] };
        },
      },
    });
    const client = await server.connect();
    const stream = { jsonrpc: '2.0', method: 'logs.stream', id: 1 };
    expect(await client.ask(stream)).to.have.nested.property('result.subscription', 's');
    return { ...opened!, client };
  }

  it('delivers after the answer that names it, in order', async () => {
    const { subscription, client } = await subscribe(10);
    subscription.push({ n: 1, filler: '' });
    expect(await client.receive()).to.have.nested.property('params.n', 0);
    expect(await client.receive()).to.have.nested.property('params.n', 1);
  });

  it('drops the oldest for a subscriber that does not read, and says how many', async () => {
    const { subscription, client } = await subscribe(10);
    client.pause();
    const filler = 'x'.repeat(100_000);
    const total = 200;
    for (let n = 1; n <= total; n += 1) subscription.push({ n, filler });
    client.resume();
    let next = 0;
    let lost = 0;
    while (next <= total) {
      const { method, params } = (await client.receive()) as {
        method: string;
        params: { n: number; count: number };
      };
      if (method === 'lost') {
        lost += params.count;
        next += params.count;
      } else {
        expect(params.n).to.equal(next);
        next += 1;
      }
    }
    expect(lost).to.be.above(100);
  });

  it('keeps no more bytes than it may, however few items they are', async () => {
    const { subscription, client, caller } = await subscribe(1000, 1_000_000);
    await client.receive();
    client.pause();
    const filler = 'x'.repeat(400_000);
    const total = 60;
    for (let n = 1; n <= total; n += 1) subscription.push({ n, filler });
    expect(caller.peer.isCongested).to.equal(true);
    client.resume();
    const seen: number[] = [];
    let lost = 0;
    while (seen.at(-1) !== total) {
      const { method, params } = (await client.receive()) as {
        method: string;
        params: { n: number; count: number };
      };
      if (method === 'lost') lost += params.count;
      else seen.push(params.n);
    }
    expect(seen.length + lost).to.equal(total);
    // What had left before, and of 400 KB each what fits into a megabyte.
    expect(seen.slice(-2)).to.deep.equal([total - 1, total]);
    expect(lost).to.be.greaterThan(40);
  });

  it('delivers nothing after it is cancelled', async () => {
    const { subscription, client, caller } = await subscribe(10);
    await client.receive();
    subscription.cancel();
    subscription.push({ n: 1, filler: '' });
    caller.peer.notify('last');
    expect(await client.receive()).to.have.property('method', 'last');
    expect(subscription.signal.aborted).to.equal(true);
  });

  it('ends with its connection', async () => {
    const { subscription, client, caller } = await subscribe(10);
    client.destroy();
    await caller.peer.closed;
    expect(subscription.signal.aborted).to.equal(true);
  });
});
