/**
 * Notices that time was lost: the host was suspended, or this process was not run for a while. What
 * was awaited meanwhile says nothing about the one who should have answered. Two signs, since
 * CLOCK_MONOTONIC, which timers go by, stands still during a suspend: a timer that fires late, and
 * a clock that counts suspends (CLOCK_BOOTTIME) having run ahead of it.
 */
import type { System, Timer } from '../system.ts';

export interface Clocks {
  readonly monotonicMs: number;
  /** Since boot, suspends included. */
  readonly bootMs: number;
}

export interface LostTime {
  readonly stalledMs: number;
  readonly suspendedMs: number;
}

/** How often the clocks are looked at while anything is awaited. */
const tickMs = 250;
/** Less is lost all the time on a busy machine, and costs nobody an answer. */
const lostMsMin = 2 * tickMs;

/**
 * What was lost until `now`, when a timer was noticed that was due at `dueMs` of the monotonic clock,
 * and since `before`, which was read earlier. Null when it is not worth mentioning.
 */
export function timeLost(before: Clocks, now: Clocks, dueMs: number): LostTime | null {
  const passedMs = now.monotonicMs - before.monotonicMs;
  const stalledMs = Math.max(0, now.monotonicMs - dueMs);
  const suspendedMs = Math.max(0, now.bootMs - before.bootMs - passedMs);
  return Math.max(stalledMs, suspendedMs) > lostMsMin ? { stalledMs, suspendedMs } : null;
}

export interface StallWatchOptions {
  readonly system: System;
  readonly bootMs: () => number;
  readonly onStall: (lost: LostTime) => void;
}

export class StallWatch {
  readonly #options: StallWatchOptions;
  #last: Clocks;
  #tick: { readonly dueMs: number; readonly timer: Timer } | null = null;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#last = this.#read();
  }

  /** Looks again and again from now on, until `rest`: while somebody waits for an answer. */
  watch(): void {
    if (this.#tick !== null) return;
    const { system } = this.#options;
    const timer = system.after(tickMs, () => {
      this.look();
      this.rest();
      this.watch();
    });
    this.#tick = { dueMs: system.monotonicMs() + tickMs, timer };
  }

  rest(): void {
    this.#tick?.timer.cancel();
    this.#tick = null;
  }

  /**
   * Looks now: `onStall` is called before it returns, once for each loss.
   * @param dueMs when the timer that leads here should have fired
   */
  look(dueMs = this.#tick?.dueMs ?? Infinity): void {
    const nowMs = this.#options.system.monotonicMs();
    // Nothing worth mentioning fits in between, and the other clock is read from a file.
    if (nowMs - this.#last.monotonicMs < tickMs) return;
    const [before, now] = [this.#last, this.#read()];
    this.#last = now;
    const lost = timeLost(before, now, Math.max(dueMs, before.monotonicMs));
    if (lost !== null) this.#options.onStall(lost);
  }

  #read(): Clocks {
    const { system, bootMs } = this.#options;
    return { monotonicMs: system.monotonicMs(), bootMs: bootMs() };
  }
}
