import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { RateLimit } from '../../../../modules/api/socket/rates.ts';
import { openSocket } from '../../../../modules/api/socket.ts';
import type { SocketOptions } from '../../../../modules/api/socket/options.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RawServer } from './raw-server.ts';
import { eventually, optionsFor, Subscriber, type Tick, unread, Venue } from './venue.ts';

describe('socket', () => {
  let venue: Venue;
  let subscriber: Subscriber | null = null;

  beforeEach(async () => {
    venue = await Venue.open();
  });

  afterEach(async () => {
    await subscriber?.end();
    subscriber = null;
    await venue.close();
  });

  async function open(changes: Partial<SocketOptions<Tick>> = {}): Promise<Subscriber> {
    subscriber = new Subscriber(venue, changes);
    const opened = subscriber;
    await opened.clock.advance(0);
    await eventually('an open socket', () => opened.state === 'open');
    return opened;
  }

  describe('its next attempt', () => {
    it('comes when the server has asked for it, and not before', async () => {
      const raw = await RawServer.open((socket) => {
        socket.end('HTTP/1.1 429 Slow\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n');
      });
      try {
        const clock = new FakeClock();
        const socket = openSocket(optionsFor(raw, clock, { reconnectDelayMsMin: 100 }));
        await clock.advance(0);
        await eventually('a refusal', () => socket.metrics.reconnects.refused === 1);
        await clock.advance(30_000);
        expect(socket.metrics.attempts).to.equal(1);
        await clock.advance(100);
        expect(socket.metrics.attempts).to.equal(2);
        await socket.close();
      } finally {
        await raw.close();
      }
    });

    it('comes later after each failure, and soon again after a connection that was good', async () => {
      const { clock, socket, state } = await open({ reconnectDelayMsMin: 1000, stableMs: 30_000 });
      expect(state).to.equal('open');
      const delays: number[] = [];
      const lose = async (): Promise<void> => {
        venue.last.break();
        await eventually('the loss', () => socket.metrics.state === 'waiting');
        const { attempts } = socket.metrics;
        let waitedMs = 0;
        for (; socket.metrics.attempts === attempts; waitedMs += 500) await clock.advance(500);
        delays.push(waitedMs);
        await eventually('open again', () => socket.metrics.state === 'open');
      };
      for (let n = 0; n < 4; n += 1) await lose();
      await clock.advance(30_000);
      await lose();
      expect(delays).to.deep.equal([500, 1000, 2000, 4000, 500]);
    });

    it('keeps to the rate of all sockets that share a limit', async () => {
      const clock = new FakeClock();
      const attempts = new RateLimit([{ max: 2, perMs: 60_000 }], clock);
      const sockets = [1, 2, 3].map(() => openSocket(optionsFor(venue, clock, { attempts })));
      const all = (): number => sockets.reduce((sum, one) => sum + one.metrics.attempts, 0);
      await clock.advance(0);
      await eventually('two', () => venue.open.length === 2 && venue.last.topics.size === 1);
      await clock.advance(59_999);
      expect(all()).to.equal(2);
      await clock.advance(1);
      expect(all()).to.equal(3);
      const closed = Promise.all(sockets.map((socket) => socket.close()));
      await clock.advance(60_000);
      await closed;
    });

    it('does not come when it has failed often enough, or the protocol says that it is useless', async () => {
      const clock = new FakeClock();
      const nowhere = { url: 'ws://127.0.0.1:1/' };
      const socket = openSocket(optionsFor(nowhere, clock, { failuresMax: 3 }));
      while (socket.metrics.state !== 'closed') await clock.advance(500);
      expect(socket.metrics.attempts).to.equal(3);
      expect(await socket.closed).to.include({ kind: 'connect_failed' });
      const { socket: other } = await open({
        protocol: { ...optionsFor(venue, clock).protocol, closed: () => 'stop' },
      });
      venue.last.socket.close(4008, 'policy');
      const error = await other.closed;
      expect(error?.message).to.equal('the server closed with 4008: policy');
      expect(subscriber!.story).to.deep.equal(['failed: closed_by_server']);
    });

    it('comes also when the protocol fails to say what a close means', async () => {
      const { socket } = await open({
        protocol: {
          ...optionsFor(venue, new FakeClock()).protocol,
          closed: () => {
            throw new Error('as the test likes');
          },
        },
      });
      venue.last.socket.close(4001);
      await eventually('the loss', () => socket.metrics.state === 'waiting');
      expect(socket.metrics.last_error).to.match(
        /4001; what that means failed: as the test likes$/,
      );
    });

    it('waits as after a refusal where a close code means that', async () => {
      const { socket } = await open({
        protocol: { ...optionsFor(venue, new FakeClock()).protocol, closed: () => 'later' },
        refusedDelayMs: 60_000,
      });
      venue.last.socket.close(4001);
      await eventually('the loss', () => socket.metrics.reconnects.refused === 1);
      await subscriber!.clock.advance(59_999);
      expect(socket.metrics.attempts).to.equal(1);
    });
  });

  describe('send', () => {
    it('goes out in order, and resolves when the system has it', async () => {
      const { socket } = await open();
      await Promise.all(['order 1', 'order 2'].map((text) => socket.send(text)));
      await venue.last.heard();
      expect(venue.last.said.slice(1)).to.deep.equal(['order 1', 'order 2']);
    });

    it('is refused without a connection, and when too much waits already', async () => {
      const { socket, clock } = await open({
        sendBytesMax: 10,
        messageRates: [{ max: 1, perMs: 60_000 }],
      });
      const waits = socket.send('12345678');
      expect(await codeOf(socket.send('123'))).to.equal('congested');
      await clock.advance(60_000);
      await waits;
      const unsent = socket.send('12345678');
      venue.last.break();
      expect(await codeOf(unsent)).to.equal('not_open');
      await eventually('the loss', () => socket.metrics.state === 'waiting');
      expect(await codeOf(socket.send('x'))).to.equal('not_open');
    });

    it('does not pile up in the socket of a server that does not read', async () => {
      const { socket } = await open({ sendBytesMax: 64 * 1024 * 1024 });
      venue.last.freeze();
      const sends = Array.from({ length: 40 }, () => socket.send(Buffer.alloc(1024 * 1024)));
      const codes = Promise.all(sends.map((sent) => codeOf(sent)));
      await subscriber!.clock.advance(0);
      venue.last.break();
      const ended = await codes;
      expect(ended.filter((code) => code === 'reset').length).to.equal(1);
      expect(ended.filter((code) => code === 'not_open').length).to.be.greaterThan(20);
    });
  });

  describe('close', () => {
    it('says goodbye and waits for the answer', async () => {
      const { socket } = await open();
      const { last } = venue;
      const code = new Promise((resolve) => last.socket.once('close', resolve));
      await socket.close();
      expect(await code).to.equal(1000);
      expect(socket.metrics).to.include({ state: 'closed', sockets: 0 });
    });

    it('does not wait for ever: a server that is frozen is left', async () => {
      const { socket, clock } = await open({ closeTimeoutMs: 2000 });
      venue.last.freeze();
      const closed = socket.close();
      await clock.advance(1999);
      expect(socket.metrics.state).to.equal('closing');
      await clock.advance(1);
      await closed;
      expect(socket.metrics.sockets).to.equal(0);
    });

    it('comes with the signal, at any time', async () => {
      const controller = new AbortController();
      const { socket } = await open({ signal: controller.signal });
      controller.abort();
      expect(await socket.closed).to.equal(null);
      const never = openSocket(optionsFor(venue, new FakeClock(), { signal: controller.signal }));
      expect(await never.closed).to.equal(null);
      expect(never.metrics).to.include({ attempts: 0, state: 'closed' });
    });

    it('comes when the loop over the messages is left', async () => {
      const { socket, publish } = await unread(venue);
      await publish(3);
      for await (const { message } of socket) if (message.n === 2) break;
      expect(await socket.closed).to.equal(null);
      expect(await socket.next()).to.deep.equal({ done: true, value: undefined });
    });

    it('ends an attempt under way, and one that waits', async () => {
      const raw = await RawServer.open(() => undefined);
      const clock = new FakeClock();
      const dialling = openSocket(optionsFor(raw, clock));
      await clock.advance(0);
      await eventually('a request', () => raw.requests.length === 1);
      await dialling.close();
      const waiting = openSocket(optionsFor({ url: 'ws://127.0.0.1:1/' }, clock));
      await clock.advance(0);
      await eventually('a failure', () => waiting.metrics.state === 'waiting');
      await waiting.close();
      const asking = openSocket({
        ...optionsFor(raw, clock),
        url: () => new Promise(() => undefined),
      });
      await clock.advance(0);
      await asking.close();
      await raw.close();
    });
  });

  it('refuses options that make no sense', () => {
    const clock = new FakeClock();
    for (const [name, value] of [
      ['connectTimeoutMs', 0],
      ['queueMessagesMax', -1],
      ['stableMs', NaN],
    ] as const) {
      expect(() => openSocket(optionsFor(venue, clock, { [name]: value }))).to.throw(
        RangeError,
        name,
      );
    }
  });
});

async function codeOf(sent: Promise<void>): Promise<string> {
  try {
    await sent;
    return 'sent';
  } catch (error) {
    return (error as { kind: string }).kind;
  }
}
