import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Customer, eventually, protocol, Subscriber, Venue } from './venue.ts';

type Changes = ConstructorParameters<typeof Subscriber>[1];

const keyless: Changes = {
  protocol: {
    ...protocol,
    read: (data) => {
      const read = protocol.read(data);
      return read.kind === 'data' ? { kind: 'data', message: read.message } : read;
    },
  },
};

describe('rollover', () => {
  let venue: Venue;
  let subscriber: Subscriber;

  beforeEach(async () => {
    venue = await Venue.open();
  });

  afterEach(async () => {
    await subscriber.end();
    await venue.close();
  });

  async function open(changes: Changes = {}): Promise<Customer> {
    subscriber = new Subscriber(venue, changes);
    await subscriber.clock.advance(0);
    await eventually('an open socket', () => subscriber.state === 'open');
    return venue.last;
  }

  /** The second connection, when it has its topics. */
  async function second(): Promise<Customer> {
    await subscriber.clock.advance(0);
    await eventually('a second connection', () => venue.connections.length >= 2);
    await eventually('its topics', () => venue.last.topics.size > 0);
    await venue.last.heard();
    return venue.last;
  }

  async function told(...story: (number | string)[]): Promise<void> {
    await eventually(
      `${story.join(' ')}, not ${subscriber.story.join(' ')}`,
      () => subscriber.story.length >= story.length,
    );
    expect(subscriber.story).to.deep.equal(story);
  }

  async function alone(): Promise<void> {
    await eventually('one connection', () => subscriber.socket.metrics.sockets === 1);
    await eventually('one connection at the venue', () => venue.open.length === 1);
  }

  it('takes over at its age when a message has come over both: nothing is missing or twice', async () => {
    const first = await open({ ageMsMax: 60_000 });
    venue.publish();
    await told(1);
    await subscriber.clock.advance(60_000);
    const other = await second();
    first.isLagging = true;
    venue.publish();
    venue.publish();
    await other.heard();
    expect(subscriber.story, 'the second is held').to.deep.equal([1]);
    first.catchUp();
    await told(1, 2, 3);
    venue.publish();
    await told(1, 2, 3, 4);
    expect(subscriber.generations).to.deep.equal([1, 1, 2, 2]);
    await alone();
    expect(subscriber.socket.metrics).to.include({
      rollovers: 1,
      gaps: 0,
      state: 'open',
      generation: 2,
      duplicates_dropped: 1,
    });
  });

  it('drops the late frames of the connection that was followed', async () => {
    const first = await open();
    subscriber.socket.roll();
    await second();
    venue.publish();
    await told(1);
    first.say({ topic: 'a', n: 77 });
    await alone();
    venue.publish();
    await told(1, 2);
    expect(subscriber.socket.metrics).to.include({ stale_dropped: 1, rollovers: 1 });
  });

  it('begins when the server gives notice', async () => {
    const first = await open();
    first.say({ notice: 'serverShutdown' });
    await second();
    venue.publish();
    await told(1);
    await alone();
    expect(venue.open).to.deep.equal([venue.connections[1]]);
  });

  it('asks the old one to close where messages have no keys, and takes what it still had to say', async () => {
    const first = await open({ ...keyless, overlapMs: 1000, closeTimeoutMs: 2000 });
    subscriber.socket.roll();
    const other = await second();
    venue.publish();
    await told(1);
    await other.heard();
    first.isLagging = true;
    venue.publish();
    // The goodbye arrives: before it is answered, the rest is sent.
    first.tcp.prependOnceListener('data', () => first.catchUp());
    await subscriber.clock.advance(1000);
    // What the second has held is told too: without keys nobody knows that it was told before.
    await told(1, 2, 1, 2);
    expect(subscriber.generations).to.deep.equal([1, 1, 2, 2]);
    expect(subscriber.socket.metrics.gaps).to.equal(0);
  });

  it('tells of a gap when the old connection lags and does not say goodbye', async () => {
    const first = await open({ overlapMsMax: 15_000, closeTimeoutMs: 2000 });
    venue.publish();
    await told(1);
    subscriber.socket.roll();
    const other = await second();
    first.freeze();
    venue.publish();
    await other.heard();
    await subscriber.clock.advance(15_000);
    expect(subscriber.state).to.equal('draining');
    await subscriber.clock.advance(2000);
    await told(1, 'rollover', 2);
  });

  it('takes over on a feed without a message, and says that nothing proves it complete', async () => {
    await open({ overlapMsMax: 15_000 });
    subscriber.socket.roll();
    await second();
    await subscriber.clock.advance(15_000);
    await alone();
    venue.publish();
    await told('rollover', 1);
    expect(subscriber.generations).to.deep.equal([2]);
  });

  it('gives up a second connection that is mute, keeps the first, and tries again', async () => {
    await open({ overlapMsMax: 15_000, reconnectDelayMsMin: 1000 });
    venue.isMute = true;
    subscriber.socket.roll();
    await second();
    venue.publish();
    await told(1);
    await subscriber.clock.advance(15_000);
    await alone();
    expect(subscriber.socket.metrics).to.include({ rollovers_failed: 1, state: 'open' });
    venue.isMute = false;
    await subscriber.clock.advance(1000);
    await eventually('a third connection', () => venue.connections.length === 3);
    await second();
    venue.publish();
    await told(1, 2);
    await alone();
    expect(subscriber.socket.metrics).to.include({ rollovers: 1, gaps: 0, generation: 3 });
  });

  it('keeps the first connection when the second cannot be made', async () => {
    await open({ url: () => (venue.connections.length === 0 ? venue.url : 'ws://127.0.0.1:1/') });
    subscriber.socket.roll();
    await eventually('a failure', () => subscriber.socket.metrics.rollovers_failed === 1);
    venue.publish();
    await told(1);
    expect(subscriber.state).to.equal('open');
  });

  it('hands over at once when the old connection dies before the proof, with word of a gap', async () => {
    const first = await open();
    subscriber.socket.roll();
    const other = await second();
    first.isLagging = true;
    venue.publish();
    await other.heard();
    first.break();
    await told('reset', 1);
    expect(subscriber.socket.metrics).to.include({ state: 'open', sockets: 1 });
  });

  it('waits for the second connection when the first dies while that is being made', async () => {
    venue.acknowledges = true;
    const first = await open();
    venue.publish();
    await told(1);
    venue.acknowledges = false;
    subscriber.socket.roll();
    const other = await second();
    venue.publish();
    await told(1, 2);
    first.break();
    await eventually('the second is the only one', () => subscriber.state === 'connecting');
    venue.publish();
    await other.heard();
    expect(subscriber.story, 'held until it is complete').to.deep.equal([1, 2]);
    other.say({ ack: 1 });
    await told(1, 2, 'reset', 3);
    expect(subscriber.socket.metrics).to.include({ state: 'open', duplicates_dropped: 1 });
  });

  it('never has three connections: one that leaves is ended before another is made', async () => {
    const first = await open({ closeTimeoutMs: 60_000 });
    subscriber.socket.roll();
    await second();
    venue.publish();
    await told(1);
    first.freeze();
    subscriber.socket.roll();
    await eventually('a third connection', () => venue.connections.length === 3);
    expect(subscriber.socket.metrics.sockets).to.be.at.most(2);
  });
});
