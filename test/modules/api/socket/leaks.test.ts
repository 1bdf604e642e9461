import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RateLimit } from '../../../../modules/api/socket/rates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { eventually, Subscriber, Venue } from './venue.ts';

/** Counts what has been asked for and neither fired nor been cancelled. */
class CountingClock extends FakeClock {
  timers = 0;

  override after(delayMs: number, callback: () => void): { cancel: () => void } {
    let isPending = true;
    const settle = (): void => {
      if (isPending) this.timers -= 1;
      isPending = false;
    };
    this.timers += 1;
    const timer = super.after(delayMs, () => {
      settle();
      callback();
    });
    return {
      cancel: () => {
        settle();
        timer.cancel();
      },
    };
  }
}

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

// One left behind by each would be a hundred: as good a proof as a thousand.
const connections = 100;

describe(`a socket over ${connections} connections`, () => {
  it('leaves no timer, no listener and no connection behind', async () => {
    const before = sockets();
    const venue = await Venue.open();
    const clock = new CountingClock();
    const controller = new AbortController();
    const subscriber = new Subscriber(
      venue,
      {
        signal: controller.signal,
        ageMsMax: 3_600_000,
        dataTimeoutMs: 60_000,
        pingIntervalMs: 20_000,
        reconnectDelayMsMin: 1,
        reconnectDelayMsMax: 1,
        attempts: new RateLimit([], clock),
      },
      clock,
    );
    const { socket } = subscriber;
    await clock.advance(0);
    const listeners = (): number => getEventListeners(controller.signal, 'abort').length;
    let timersMax = 0;
    for (let n = 1; n <= connections; n += 1) {
      await eventually('an open socket', () => subscriber.state === 'open');
      timersMax = Math.max(timersMax, clock.timers);
      if (n % 10 === 0) {
        socket.roll();
        await eventually('a take-over', () => {
          venue.publish();
          return socket.metrics.rollovers === n / 10;
        });
        await eventually('one connection', () => socket.metrics.sockets === 1);
      }
      venue.last.break();
      await eventually('the loss', () => subscriber.state === 'waiting');
      venue.connections.length = 0;
      await clock.advance(1);
    }
    expect(timersMax).to.be.at.most(3);
    expect(listeners()).to.equal(1);
    expect(socket.metrics).to.include({ rollovers: connections / 10 });
    await eventually('an open socket', () => subscriber.state === 'open');
    await socket.close();
    expect(clock.timers).to.equal(0);
    expect(listeners()).to.equal(0);
    await venue.close();
    await eventually('no connection', () => sockets() <= before);
  });
});
