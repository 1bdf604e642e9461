import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { Socket } from 'node:net';
import type { SocketOptions } from '../../../../modules/api/socket/options.ts';
import { accepted, frame, RawServer } from './raw-server.ts';
import { eventually, protocol, Subscriber, type Tick, Venue } from './venue.ts';

type Changes = Partial<SocketOptions<Tick>>;

describe('a connection that goes wrong', () => {
  let venue: Venue | null = null;
  let raw: RawServer | null = null;
  let subscriber: Subscriber;

  afterEach(async () => {
    await subscriber.end();
    await venue?.close();
    await raw?.close();
    venue = raw = null;
  });

  async function open(changes: Changes = {}): Promise<Venue> {
    venue = await Venue.open();
    subscriber = new Subscriber(venue, changes);
    await subscriber.clock.advance(0);
    await eventually('an open socket', () => subscriber.state === 'open');
    return venue;
  }

  /** Its frames come from the raw server, after the upgrade. */
  async function openRaw(talk: (socket: Socket) => void, changes: Changes = {}): Promise<void> {
    raw = await RawServer.open((socket, request) => {
      socket.write(accepted(request));
      talk(socket);
    });
    subscriber = new Subscriber(raw, { topics: [], ...changes });
    await subscriber.clock.advance(0);
  }

  async function lostFor(reason: string): Promise<void> {
    await eventually(reason, () => Object.keys(subscriber.socket.metrics.reconnects).length > 0);
    expect(subscriber.socket.metrics.reconnects).to.deep.equal({ [reason]: 1 });
  }

  async function isBack(reason: string): Promise<void> {
    await lostFor(reason);
    await subscriber.clock.advance(500);
    await eventually('another connection', () => subscriber.state === 'open');
    venue!.publish();
    await eventually('its message', () => subscriber.story.length === 2);
    expect(subscriber.story[0]).to.equal(reason);
  }

  for (const code of [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4001, 4999,
  ]) {
    it(`is made again after a close with ${code} (row 96)`, async () => {
      const { last } = await open();
      last.socket.close(code, 'as the test likes');
      await isBack('closed_by_server');
      expect(subscriber.socket.metrics.last_error).to.equal(
        `the server closed with ${code}: as the test likes`,
      );
    });
  }

  it('is made again after a close without a code', async () => {
    const { last } = await open();
    last.socket.close();
    await isBack('closed_by_server');
  });

  it('is made again after a break without a goodbye', async () => {
    const { last } = await open();
    last.break();
    await isBack('reset');
  });

  it('is dead without data, though it answers pings', async () => {
    await open({ dataTimeoutMs: 30_000, pingIntervalMs: 5000 });
    for (let s = 0; s < 25; s += 5) {
      await subscriber.clock.advance(5000);
      await venue!.last.heard();
    }
    expect(subscriber.state).to.equal('open');
    await subscriber.clock.advance(5000);
    await isBack('no_data');
  });

  it('asks at every look how long it may be without data, where that is a function', async () => {
    let allowedMs: number | null = null;
    await open({ dataTimeoutMs: () => allowedMs, pingIntervalMs: 5000 });
    await subscriber.clock.advance(4000);
    await venue!.last.heard();
    expect(subscriber.state).to.equal('open');
    allowedMs = 3000;
    await subscriber.clock.advance(1000);
    await isBack('no_data');
  });

  it('says when everything is subscribed to and when no longer, and what is thrown there disturbs nobody', async () => {
    const told: string[] = [];
    const { last } = await open({
      onOpen: () => told.push('open'),
      onLost: (reason) => {
        told.push(reason);
        throw new Error('not my day');
      },
    });
    expect(told).to.deep.equal(['open']);
    last.break();
    await isBack('reset');
    expect(told).to.deep.equal(['open', 'reset', 'open']);
  });

  it('is alive as long as data come', async () => {
    await open({ dataTimeoutMs: 30_000 });
    for (let n = 1; n <= 5; n += 1) {
      await subscriber.clock.advance(29_000);
      venue!.publish();
      await eventually('a message', () => subscriber.story.length === n);
    }
    expect(subscriber.socket.metrics).to.include({ opened: 1, data_age_ms: 0 });
  });

  it('has no data to wait for while nothing is subscribed to', async () => {
    await open({ dataTimeoutMs: 30_000, topics: [] });
    await subscriber.clock.advance(100_000);
    expect(subscriber.socket.metrics.opened).to.equal(1);
    subscriber.socket.subscribe('a');
    await eventually('the topic', () => venue!.last.topics.has('a'));
    await subscriber.clock.advance(29_000);
    expect(subscriber.state).to.equal('open');
    await subscriber.clock.advance(1000);
    await lostFor('no_data');
  });

  it('is dead when the server is frozen: half open, nothing read, nothing sent', async () => {
    await open({ pingIntervalMs: 20_000, pongTimeoutMs: 10_000 });
    venue!.last.freeze();
    await subscriber.clock.advance(29_000);
    expect(subscriber.state).to.equal('open');
    await subscriber.clock.advance(1000);
    await isBack('no_pong');
  });

  it('has its own ping in text where the protocol says so', async () => {
    const read: typeof protocol.read = (data) =>
      data === 'PONG' ? { kind: 'pong' } : protocol.read(data);
    await open({ protocol: { ...protocol, read, ping: 'PING' }, pingIntervalMs: 10_000 });
    const { last } = venue!;
    for (let n = 1; n <= 3; n += 1) {
      await subscriber.clock.advance(10_000);
      await eventually('PING', () => last.said.filter((said) => said === 'PING').length === n);
      last.say('PONG');
      await last.heard();
    }
    expect(subscriber.socket.metrics).to.include({ opened: 1, unreadable: 0 });
    await subscriber.clock.advance(20_000);
    await isBack('no_pong');
  });

  it('goes on after a message that cannot be read', async () => {
    const { last } = await open();
    last.say('PONG');
    venue!.publish();
    await eventually('the message', () => subscriber.story.length === 1);
    expect(subscriber.socket.metrics).to.include({ unreadable: 1, opened: 1 });
  });

  for (const [what, bytes, reason] of [
    [
      'a message beyond the bound',
      Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0])]),
      'bad_frame',
    ],
    ['text that is no UTF-8', frame(0x81, Buffer.from([0xc3, 0x28])), 'bad_frame'],
    ['an unknown opcode', frame(0x83, 'x'), 'bad_frame'],
    ['a masked frame', Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]), 'bad_frame'],
    ['a continuation of nothing', frame(0x80, 'x'), 'bad_frame'],
    ['a ping in pieces', frame(0x09, 'x'), 'bad_frame'],
    ['a close code that does not exist', frame(0x88, Buffer.from([0x03, 0xec])), 'bad_frame'],
    ['bytes that are no frames', Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n'), 'bad_frame'],
  ] as const) {
    it(`ends at ${what}`, async () => {
      await openRaw((socket) => void socket.write(bytes));
      await lostFor(reason);
      expect(subscriber.socket.metrics.last_error).to.match(/^lost ws:\/\/127\.0\.0\.1:\d+: ./);
    });
  }

  it('ends when it breaks in the middle of a frame', async () => {
    await openRaw((socket) => {
      socket.write(frame(0x81, 'x'.repeat(100)).subarray(0, 50), () => socket.resetAndDestroy());
    });
    await lostFor('reset');
    expect(subscriber.story).to.deep.equal([]);
  });

  it('puts a message in pieces together, with a ping in between', async () => {
    await openRaw((socket) => {
      socket.write(frame(0x01, '{"topic":"a",'));
      socket.write(frame(0x89, ''));
      socket.write(frame(0x80, '"n":1}'));
    });
    await eventually('the message', () => subscriber.story.length === 1);
  });

  it('takes a flood, keeps to its bound, and says how much went', async () => {
    await open({ queueMessagesMax: 100 });
    const { socket } = subscriber;
    await socket.return?.();
    const many = new Subscriber(venue!, {
      queueMessagesMax: 100,
      onGap: () => new Promise(() => undefined),
    });
    subscriber = many;
    await many.clock.advance(0);
    await eventually('an open socket', () => many.state === 'open');
    for (let n = 0; n < 5000; n += 1) venue!.publish();
    await venue!.last.heard();
    const { queue_depth: depth, lost, messages } = many.socket.metrics;
    expect(messages).to.equal(5000);
    expect(depth).to.be.at.most(100);
    expect(depth + lost + many.story.length).to.be.within(4990, 5000);
  });
});
