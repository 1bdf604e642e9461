/**
 * After every gap: its trades from the Data API, more than once, since that may be minutes behind
 * (blocks take their time, and its answers come from caches). What fails is tried again until it has
 * succeeded.
 */
import { backoffMs } from '../../api/backoff.ts';
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Span } from '../store.ts';

/** Something of that time may be missing. */
export interface Gap extends Span {
  /** For the ledger; null where it knows nothing of it. */
  readonly stream: string | null;
  /** Null: any token. */
  readonly tokenIds: readonly string[] | null;
}

export interface RepairsOptions {
  /** Gives how many trades were missing. Null: of all tokens. */
  readonly backfill: (
    tokenIds: readonly string[] | null,
    span: Span,
    signal: AbortSignal,
  ) => Promise<number>;
  /** All of the gap has been fetched; so many trades were missing, counting those of its neighbours. */
  readonly onRepaired: (gap: Gap, rows: number) => void;
  /** When to fetch, in milliseconds since the end of the gap; only after the last is it repaired. */
  readonly afterMs: readonly number[];
  readonly clock: Clock;
  readonly log: Logger;
}

interface Repair {
  readonly gap: Gap;
  readonly sinceMs: number;
  /** Fetches that have succeeded, and those that have failed since. */
  passes: number;
  failures: number;
  rows: number;
  /** The first fetch is put off by the next gap of the stream, but not for ever. */
  readonly latestMs: number;
  dueMs: number;
}

const postponedMsMax = 60_000;
const retry = { baseMs: 2000, maxMs: 60_000 };

export class Repairs {
  readonly #options: RepairsOptions;
  #repairs: readonly Repair[] = [];
  #rowsTotal = 0;
  #wake: (() => void) | null = null;

  constructor(options: RepairsOptions) {
    this.#options = options;
  }

  /** Gaps that are not repaired yet. */
  get open(): number {
    return this.#repairs.length;
  }

  /** Trades that the stream had not brought. */
  get rowsTotal(): number {
    return this.#rowsTotal;
  }

  add(gap: Gap): void {
    const { clock, afterMs } = this.#options;
    const sinceMs = clock.monotonicMs();
    // One for each stream waits at most, however often its connection breaks.
    const waiting = this.#repairs.find(
      (repair) =>
        repair.passes === 0 && repair.gap.stream === gap.stream && isNear(repair.gap, gap),
    );
    const latestMs = waiting?.latestMs ?? sinceMs + postponedMsMax;
    const dueMs = Math.min(sinceMs + (afterMs[0] ?? 0), latestMs);
    const joined = waiting === undefined ? gap : join(waiting.gap, gap);
    this.#repairs = [
      ...this.#repairs.filter((repair) => repair !== waiting),
      { gap: joined, sinceMs, passes: 0, failures: 0, rows: 0, latestMs, dueMs },
    ];
    this.#wake?.();
  }

  /** Until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted;
    while (!isOver()) {
      const nowMs = this.#options.clock.monotonicMs();
      const due = this.#repairs.filter(({ dueMs }) => dueMs <= nowMs);
      if (due.length > 0) await this.#repair(due, signal);
      else await this.#sleep(Math.min(...this.#repairs.map(({ dueMs }) => dueMs)) - nowMs, signal);
    }
  }

  /** All of about the same time in one walk: after a fall of the network every stream has that gap. */
  async #repair([first, ...others]: readonly Repair[], signal: AbortSignal): Promise<void> {
    if (first === undefined) return;
    const { backfill, clock, log } = this.#options;
    const due = [first, ...others.filter(({ gap }) => isNear(gap, first.gap))];
    const all = due.map(({ gap }) => gap).reduce(join);
    try {
      const rows = await backfill(all.tokenIds, all, signal);
      this.#rowsTotal += rows;
      for (const repair of due) this.#passed(repair, rows);
    } catch (error) {
      if (signal.aborted) return;
      if (due.some(({ failures }) => failures === 0)) {
        log.warn('a gap cannot be back-filled yet', { error, ...shown(all) });
      }
      for (const repair of due) {
        const delayMs = backoffMs(retry, repair.failures, clock.random());
        repair.dueMs = clock.monotonicMs() + delayMs;
        repair.failures += 1;
      }
    }
  }

  #passed(repair: Repair, rows: number): void {
    const { onRepaired, afterMs, log } = this.#options;
    repair.passes += 1;
    repair.failures = 0;
    repair.rows += rows;
    const nextMs = afterMs[repair.passes];
    if (nextMs !== undefined) {
      repair.dueMs = repair.sinceMs + nextMs;
      return;
    }
    this.#repairs = this.#repairs.filter((one) => one !== repair);
    log.info('a gap was back-filled', { rows: repair.rows, ...shown(repair.gap) });
    onRepaired(repair.gap, repair.rows);
  }

  async #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await pauseUntil(this.#options.clock, Math.min(Math.max(0, delayMs), idleMs), either);
    this.#wake = null;
  }
}

/** Where nothing is to be done. */
const idleMs = 3_600_000;
/** The tokens of one gap are not worth being fetched for much of the time of another. */
const nearMs = 600_000;

function isNear(a: Gap, b: Gap): boolean {
  return Math.abs(a.fromMs - b.fromMs) <= nearMs;
}

function join(a: Gap, b: Gap): Gap {
  const { tokenIds: ofA } = a;
  const { tokenIds: ofB } = b;
  return {
    stream: a.stream === b.stream ? a.stream : null,
    fromMs: Math.min(a.fromMs, b.fromMs),
    toMs: Math.max(a.toMs, b.toMs),
    tokenIds: ofA === null || ofB === null ? null : [...new Set([...ofA, ...ofB])],
  };
}

function shown({ stream, fromMs, toMs, tokenIds }: Gap) {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return { stream, from, to, tokens: tokenIds?.length ?? null };
}
