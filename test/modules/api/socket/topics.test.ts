import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { SocketOptions } from '../../../../modules/api/socket/options.ts';
import { eventually, protocol, Subscriber, type Tick, Venue } from './venue.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `t${n}`);

describe('topics', () => {
  let venue: Venue;
  let subscriber: Subscriber;

  beforeEach(async () => {
    venue = await Venue.open();
  });

  afterEach(async () => {
    await subscriber.end();
    await venue.close();
  });

  async function begin(changes: Partial<SocketOptions<Tick>> = {}): Promise<void> {
    subscriber = new Subscriber(venue, changes);
    await subscriber.clock.advance(0);
  }

  async function isOpen(): Promise<void> {
    await eventually('an open socket', () => subscriber.state === 'open');
  }

  async function asked(count: number): Promise<void> {
    await eventually(`${count} changes`, () => venue.last.asked.length >= count);
    await venue.last.heard();
    expect(venue.last.asked.length).to.equal(count);
  }

  it('are asked for in batches, no faster than the venue allows', async () => {
    const rates = [{ max: 2, perMs: 1000 }];
    await begin({ topics: names(10), topicsPerMessage: 3, messageRates: rates });
    await eventually('two changes', () => venue.connections[0]?.asked.length === 2);
    await subscriber.clock.advance(999);
    expect(subscriber.state).to.equal('connecting');
    expect(subscriber.socket.metrics.subscribed).to.equal(6);
    await subscriber.clock.advance(1);
    await isOpen();
    expect(venue.last.asked.map(({ topics }) => topics.length)).to.deep.equal([3, 3, 3, 1]);
    expect(venue.last.asked.map(({ id }) => id)).to.deep.equal([1, 2, 3, 4]);
  });

  it('count the pongs to the server’s pings among the messages', async () => {
    await begin({ topics: [], messageRates: [{ max: 3, perMs: 1000 }] });
    await isOpen();
    await venue.last.heard();
    await venue.last.heard();
    subscriber.socket.subscribe('a');
    await asked(1);
    subscriber.socket.subscribe('b');
    await asked(1);
    await subscriber.clock.advance(1000);
    await asked(2);
  });

  it('are asked for again on a new connection, as they are wanted by then', async () => {
    await begin({ topics: names(3) });
    await isOpen();
    venue.last.break();
    await eventually('the loss', () => subscriber.state === 'waiting');
    subscriber.socket.unsubscribe('t1');
    subscriber.socket.subscribe(['t9', 't0']);
    await subscriber.clock.advance(500);
    await isOpen();
    expect([...venue.last.topics].sort()).to.deep.equal(['t0', 't2', 't9']);
    expect(subscriber.socket.metrics).to.include({ subscribed: 6, topics: 3 });
  });

  it('change on an open connection: what is superfluous goes first', async () => {
    await begin({ topics: names(2) });
    await isOpen();
    subscriber.socket.subscribe('t0');
    await venue.last.heard();
    subscriber.socket.unsubscribe(['t0', 'never']);
    subscriber.socket.subscribe('x');
    await asked(3);
    expect(venue.last.asked.slice(1).map(({ op, topics }) => [op, ...topics])).to.deep.equal([
      ['unsubscribe', 't0'],
      ['subscribe', 'x'],
    ]);
  });

  it('that are not acknowledged in time end the connection', async () => {
    venue.acknowledges = false;
    await begin({ ackTimeoutMs: 5000 });
    await eventually('a request', () => venue.connections[0]?.asked.length === 1);
    await subscriber.clock.advance(5000);
    await eventually('the loss', () => subscriber.state === 'waiting');
    expect(subscriber.socket.metrics.reconnects).to.deep.equal({ no_ack: 1 });
  });

  it('need no acknowledgement where the venue gives none', async () => {
    venue.acknowledges = false;
    await begin({ ackTimeoutMs: null });
    await isOpen();
  });

  it('that are refused are told, and keep nothing from working', async () => {
    const told: unknown[] = [];
    venue.refused.add('t1');
    await begin({
      topics: names(3),
      topicsPerMessage: 1,
      onRefused: (topics, why) => told.push([topics, why]),
    });
    await isOpen();
    expect(told).to.deep.equal([[['t1'], 'no such topic']]);
    expect(subscriber.socket.metrics).to.include({ topics_refused: 1, opened: 1 });
  });

  it('come after the greeting, which is made anew for each connection', async () => {
    let count = 0;
    await begin({ protocol: { ...protocol, hello: () => `login ${++count}` } });
    await isOpen();
    expect(venue.last.said[0]).to.equal('login 1');
    venue.last.break();
    await eventually('the loss', () => subscriber.state === 'waiting');
    await subscriber.clock.advance(500);
    await isOpen();
    expect(venue.last.said[0]).to.equal('login 2');
    expect(venue.last.said.length).to.equal(2);
  });

  it('whose message cannot be made end the connection, not the program', async () => {
    const change = (): string => {
      throw new Error('no such thing');
    };
    await begin({ protocol: { ...protocol, change }, failuresMax: 1 });
    const error = await subscriber.socket.closed;
    expect(error?.message).to.equal('cannot say what is wanted: no such thing');
  });

  it('are refused at once where the protocol does not say how to subscribe', async () => {
    await begin({ protocol: { read: (data) => protocol.read(data) }, topics: [] });
    expect(() => subscriber.socket.subscribe('a')).to.throw(TypeError, 'no "change"');
    await isOpen();
  });

  it('are spread over connections when one may have only so many', async () => {
    await begin({ topics: names(5), topicsPerConnection: 2 });
    await eventually('three', () => venue.open.length === 3);
    await isOpen();
    expect(venue.open.map(({ topics }) => topics.size).sort()).to.deep.equal([1, 2, 2]);
    for (const topic of names(5)) venue.publish(topic);
    await eventually('all', () => subscriber.story.length === 5);
    expect([...subscriber.story].sort()).to.deep.equal([1, 2, 3, 4, 5]);
    expect(subscriber.socket.metrics).to.include({ sockets: 3, opened: 3, topics: 5 });
    const lost = venue.open.find(({ topics }) => topics.has('t0'))!;
    lost.break();
    await eventually('a loss', () => subscriber.state === 'waiting');
    subscriber.socket.unsubscribe('t4');
    await eventually('one fewer', () => venue.open.length === 1);
    subscriber.socket.subscribe(['t5', 't6']);
    await subscriber.clock.advance(500);
    await eventually('three again', () => venue.open.length === 3);
    await isOpen();
    expect(venue.open.flatMap(({ topics }) => [...topics]).sort()).to.deep.equal([
      't0',
      't1',
      't2',
      't3',
      't5',
      't6',
    ]);
  });

  it('of a lost connection are named in the gap', async () => {
    const gaps: unknown[] = [];
    await begin({
      topics: names(4),
      topicsPerConnection: 2,
      onGap: ({ topics }) => gaps.push(topics),
    });
    await isOpen();
    await eventually('two', () => venue.open.length === 2);
    venue.open.find(({ topics }) => topics.has('t3'))!.break();
    await eventually('a loss', () => subscriber.state === 'waiting');
    await subscriber.clock.advance(500);
    await eventually('the gap', () => gaps.length === 1);
    expect(gaps).to.deep.equal([['t2', 't3']]);
  });
});
