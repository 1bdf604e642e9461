import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger } from '../../../modules/api/log.ts';
import {
  OrderHeartbeat,
  type OrderHeartbeatOptions,
} from '../../../modules/api/order-heartbeat.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('the heartbeat of orders', () => {
  function heartbeat(
    send: OrderHeartbeatOptions['send'],
    changes: Partial<OrderHeartbeatOptions> = {},
  ) {
    const clock = new FakeClock();
    const startMs = clock.monotonicMs();
    const sentAt: number[] = [];
    const failures: string[] = [];
    const logged: string[] = [];
    const beat = new OrderHeartbeat({
      send: (id, signal) => {
        sentAt.push(clock.monotonicMs() - startMs);
        return send(id, signal);
      },
      onFailure: (error) => failures.push((error as Error).message),
      clock,
      log: createLogger((line) => logged.push(line)),
      ...changes,
    });
    return { beat, clock, sentAt, failures, logged };
  }

  it('goes every 8 s, however long each one takes, under one session of bot- and 12 hex digits (row 18)', async () => {
    const ids: string[] = [];
    const { beat, clock, sentAt } = heartbeat(async (id) => {
      ids.push(id);
      await new Promise<void>((resolve) => void clock.after(1300, resolve));
    });
    beat.start();
    await clock.advance(33_000);
    await beat.stop();
    expect(sentAt).to.deep.equal([0, 8000, 16_000, 24_000, 32_000]);
    expect(new Set(ids)).to.deep.equal(new Set([beat.sessionId]));
    expect(beat.sessionId).to.match(/^bot-[0-9a-f]{12}$/);
    expect(beat.stats).to.include({ sent: 5, failed: 0, is_running: false });
  });

  it('calls back once when three in a row fail, and again only after one that did not (row 18)', async () => {
    let isDown = true;
    const { beat, clock, failures } = heartbeat(() =>
      isDown ? Promise.reject(new Error('503')) : Promise.resolve(),
    );
    beat.start();
    await clock.advance(8000);
    expect(failures, 'after two').to.deep.equal([]);
    await clock.advance(40_000);
    expect(failures, 'after seven').to.deep.equal(['503']);
    expect(beat.stats).to.include({ failed: 7, failed_in_a_row: 7, last_error: '503' });
    isDown = false;
    await clock.advance(8000);
    expect(beat.stats).to.include({ failed_in_a_row: 0 });
    expect(beat.stats.last_success_ts).to.be.a('string');
    isDown = true;
    await clock.advance(24_000);
    await beat.stop();
    expect(failures).to.deep.equal(['503', '503']);
  });

  it('counts one that hangs as failed, tells it so, and sends the next one in its time', async () => {
    const signals: AbortSignal[] = [];
    const { beat, clock, sentAt, failures } = heartbeat((_id, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    beat.start();
    await clock.advance(22_000);
    await beat.stop();
    expect(sentAt).to.deep.equal([0, 8000, 16_000]);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true, true]);
    expect(failures).to.deep.equal(['no answer within 5000 ms']);
  });

  it('is started and stopped as often as one likes, and what it breaks off has not failed', async () => {
    const { beat, clock, sentAt, logged } = heartbeat(() => new Promise(() => undefined));
    await beat.stop();
    beat.start();
    beat.start();
    await clock.advance(1000);
    await Promise.all([beat.stop(), beat.stop()]);
    await clock.advance(60_000);
    expect(sentAt).to.deep.equal([0]);
    expect(beat.stats).to.include({ failed: 0, is_running: false });
    expect(logged).to.deep.equal([]);
    beat.start();
    expect(sentAt).to.deep.equal([0, 61_000]);
    await beat.stop();
  });

  it('goes on when the callback throws, and refuses a deadline that reaches into the next one', async () => {
    const { beat, clock, sentAt, logged } = heartbeat(() => Promise.reject(new Error('no')), {
      onFailure: () => {
        throw new Error('nobody is there');
      },
    });
    beat.start();
    await clock.advance(32_000);
    await beat.stop();
    expect(sentAt).to.have.length(5);
    expect(logged.join('')).to.include('nobody is there');
    const send = () => Promise.resolve();
    const onFailure = () => undefined;
    expect(() => new OrderHeartbeat({ send, onFailure, timeoutMs: 8000 })).to.throw(RangeError);
  });
});
