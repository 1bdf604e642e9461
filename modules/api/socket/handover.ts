/** Watches an overlap: which messages came on which connection, and when it can end. */
import type { Clock, Timer } from '../clock.ts';
import { SocketError } from './error.ts';
import { judgeOverlap, type OverlapFacts, type OverlapLimits } from './overlap.ts';

type Key = string | number;

export interface HandoverOptions {
  readonly clock: Clock;
  readonly limits: OverlapLimits & { readonly ackTimeoutMs: number | null };
  /** Called from within what the verdict follows from; after `drain` only `switch` may come. */
  readonly onVerdict: (verdict: 'switch' | 'drain' | 'abandon') => void;
}

/** Why a second connection is abandoned. */
export const mute = new SocketError(
  'no_data',
  'the second connection delivered nothing, unlike the first',
);

/** Keys that are remembered; beyond it the oldest are forgotten, and count as not seen. */
const keysMax = 100_000;

export class Handover {
  readonly #options: HandoverOptions;
  readonly #old = new Set<Key>();
  /** What the old one has not delivered yet; whether it came when the new one was settled. */
  readonly #new = new Map<Key, boolean>();
  #readyMs: number | null = null;
  #isProved = false;
  #hasNewData = false;
  #hasOldData = false;
  #timer: Timer | null = null;
  #isOver = false;
  /** The old connection was asked to close: whether it had delivered all there was to compare. */
  #drain: { readonly isTrusted: boolean } | null = null;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /**
   * The new connection has asked for everything. Where the venue does not acknowledge that, it gets
   * the time to do it: until then no message proves anything.
   */
  complete(): void {
    const { clock, limits } = this.#options;
    if (limits.ackTimeoutMs !== null) {
      this.#settled();
      return;
    }
    this.#timer = clock.after(limits.overlapMs, () => {
      this.#timer = null;
      this.#settled();
    });
  }

  fromOld(key: Key | null): void {
    if (this.#isOver) return;
    this.#hasOldData ||= this.#readyMs !== null;
    if (key !== null) {
      this.#old.add(key);
      forgetOldest(this.#old);
      if (this.#new.get(key) === true) this.#isProved = true;
      this.#new.delete(key);
    }
    this.#judge();
  }

  fromNew(key: Key | null): void {
    if (this.#isOver) return;
    const isSettled = this.#readyMs !== null;
    this.#hasNewData = true;
    if (key !== null && this.#old.has(key)) this.#isProved ||= isSettled;
    else if (key !== null) {
      this.#new.set(key, isSettled);
      forgetOldest(this.#new);
    }
    this.#judge();
  }

  /** The old connection is gone: whether nothing is missing between it and the new one. */
  isCovered(hasSaidGoodbye: boolean): boolean {
    return hasSaidGoodbye && this.#drain?.isTrusted === true;
  }

  /** Whether the subscriber has it from the old connection; then it is not asked for again. */
  isDuplicate(key: Key | null): boolean {
    return key !== null && this.#old.delete(key);
  }

  /** No verdict comes any more. */
  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#new.clear();
  }

  #settled(): void {
    this.#readyMs = this.#options.clock.monotonicMs();
    this.#judge();
  }

  #judge(): void {
    const { clock, limits, onVerdict } = this.#options;
    const facts = this.#facts(clock.monotonicMs());
    const verdict = judgeOverlap(facts, limits);
    if (verdict.kind === 'switch') {
      onVerdict('switch');
      return;
    }
    if (this.#drain !== null) return;
    if (verdict.kind === 'drain')
      this.#drain = { isTrusted: facts.hasNewData && facts.unmatched === 0 };
    if (verdict.kind !== 'wait') {
      onVerdict(verdict.kind);
      return;
    }
    if (verdict.forMs === null || this.#timer !== null) return;
    this.#timer = clock.after(verdict.forMs, () => {
      this.#timer = null;
      this.#judge();
    });
  }

  #facts(nowMs: number): OverlapFacts {
    return {
      readyForMs: this.#readyMs === null ? null : nowMs - this.#readyMs,
      isProved: this.#isProved,
      unmatched: this.#new.size,
      hasNewData: this.#hasNewData,
      hasOldData: this.#hasOldData,
    };
  }
}

function forgetOldest(keys: Set<Key> | Map<Key, boolean>): void {
  if (keys.size <= keysMax) return;
  for (const oldest of keys.keys()) {
    keys.delete(oldest);
    return;
  }
}
