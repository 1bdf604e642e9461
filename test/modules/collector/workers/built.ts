// The workers on collectors that do what a test says, in a time that it moves.
import { createLogger } from '../../../../modules/api/log.ts';
import type { CollectorStats } from '../../../../modules/collector/workers/polling.ts';
import type { TradeListenerHealth } from '../../../../modules/collector/trades/health.ts';
import { type Listener, Workers } from '../../../../modules/collector/workers/workers.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** Stands for one of the four that poll. */
export class Poller {
  readonly cycles: number[] = [];
  stats: CollectorStats = {
    last_collect_ts: null,
    total_items: 0,
    error_count: 0,
    last_error: null,
  };
  readonly #clock: FakeClock;
  collect: (signal: AbortSignal) => Promise<number> = () => Promise.resolve(7);

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  collectOnce(signal: AbortSignal): Promise<number> {
    this.cycles.push(this.#clock.monotonicMs());
    return this.collect(signal);
  }
}

/** Stands for the listener: runs until it is stopped, or broken by the test. */
export class Ear implements Listener {
  breakWith: (error: Error) => void = () => undefined;
  endsBy: () => void = () => undefined;
  stops = 0;
  #startedAt: string | null = null;

  run(): Promise<void> {
    this.#startedAt = '2026-01-01T00:00:00.000Z';
    return new Promise((resolve, reject) => {
      this.endsBy = resolve;
      this.breakWith = reject;
    });
  }

  stop(): Promise<void> {
    this.stops += 1;
    this.endsBy();
    return Promise.resolve();
  }

  collectOnce(): Promise<number> {
    return Promise.resolve(3);
  }

  get health(): TradeListenerHealth {
    return {
      started_at: this.#startedAt,
      trades_received: 12,
      trades_inserted: 11,
      batches_inserted: 2,
      connections_active: 1,
      reconnections: 0,
      queue_depth: 1,
      last_trade_ts: null,
      last_insert_ts: null,
      last_reconnect_ts: null,
      connections: 1,
      tokens: 2,
      trades_dropped: 0,
      frames_quarantined: 0,
      gaps: 0,
      backfill_pending: 0,
      commit_latency_ms: null,
      trades_backfilled: 0,
    };
  }
}

export const intervals = { metadata: 300, prices: 60, orderbooks: 300, resolutions: 300 };

export function built() {
  const clock = new FakeClock();
  const logged: { level: number; msg: string }[] = [];
  const pollers = Object.fromEntries(
    Object.keys(intervals).map((name) => [name, new Poller(clock)]),
  ) as Record<keyof typeof intervals, Poller>;
  const ears: Ear[] = [];
  const given: string[] = [];
  const log = createLogger((line) =>
    logged.push(JSON.parse(line) as { level: number; msg: string }),
  );
  const workers = new Workers({
    polling: Object.entries(intervals).map(([name, seconds]) => ({
      name,
      collector: pollers[name as keyof typeof intervals],
      intervalMs: seconds * 1000,
    })),
    newListener: () => {
      ears.push(new Ear());
      return ears.at(-1)!;
    },
    healthLogIntervalMs: 60_000,
    clock,
    log,
    onGivenUp: (name) => given.push(name),
  });
  const lines = (level: number) =>
    logged.filter((line) => line.level === level).map(({ msg }) => msg);
  return { clock, workers, pollers, ears, given, logged, lines, log };
}
