/**
 * Keeps resting orders alive at a venue that cancels them when it does not hear from their owner, as
 * Polymarket does after 10 s: a message every 8 s, and one call when that has failed too often, so
 * that somebody acts before the orders are gone unnoticed.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, pauseUntil, realClock } from './clock.ts';
import { log as moduleLog, type Logger } from './log.ts';
import { orAborted } from './or-aborted.ts';

export interface OrderHeartbeatOptions {
  /**
   * Sends one. Its failure is that it rejects, or is not done in time: then the signal aborts, and
   * the next one comes in its turn.
   */
  readonly send: (sessionId: string, signal: AbortSignal) => Promise<unknown>;
  /** Once for each row of failures, however long it grows. What it throws is logged. */
  readonly onFailure: (error: unknown) => unknown;
  /** Default: 8000. */
  readonly intervalMs?: number;
  /** For one message; less than the interval. Default: 5000. */
  readonly timeoutMs?: number;
  /** Failures in a row, after which `onFailure` is called. Default: 3. */
  readonly failuresMax?: number;
  /** Default: the real one. */
  readonly clock?: Clock;
  /** Default: the module's. */
  readonly log?: Logger;
}

/** A plain object, made anew each time. Times are ISO 8601, UTC. */
export interface OrderHeartbeatStats {
  readonly session_id: string;
  readonly is_running: boolean;
  readonly sent: number;
  readonly failed: number;
  readonly failed_in_a_row: number;
  readonly last_success_ts: string | null;
  readonly last_error: string | null;
}

export class OrderHeartbeat {
  /** `bot-` and twelve hexadecimal digits, its own for each heartbeat. */
  readonly sessionId = `bot-${randomBytes(6).toString('hex')}`;
  readonly #options: Required<OrderHeartbeatOptions>;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #sent = 0;
  #failed = 0;
  #failedInARow = 0;
  #lastSuccessMs: number | null = null;
  #lastError: string | null = null;

  constructor(options: OrderHeartbeatOptions) {
    const defaults = { intervalMs: 8000, timeoutMs: 5000, failuresMax: 3 };
    this.#options = { ...defaults, clock: realClock, log: moduleLog, ...options };
    const { intervalMs, timeoutMs } = this.#options;
    if (!(timeoutMs > 0 && timeoutMs < intervalMs)) {
      const why = `timeoutMs is ${timeoutMs}, and must be above 0 and below ${intervalMs}`;
      throw new RangeError(`cannot keep orders alive: ${why}, the interval`);
    }
  }

  /** The first goes at once. While it runs this changes nothing. */
  start(): void {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    this.#failedInARow = 0;
    this.#running = this.#run(this.#stop.signal);
  }

  /** Resolves when nothing of it is under way any more. Harmless when it does not run. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#stop = null;
    await this.#running;
  }

  get stats(): OrderHeartbeatStats {
    return {
      session_id: this.sessionId,
      is_running: this.#stop !== null,
      sent: this.#sent,
      failed: this.#failed,
      failed_in_a_row: this.#failedInARow,
      last_success_ts:
        this.#lastSuccessMs === null ? null : new Date(this.#lastSuccessMs).toISOString(),
      last_error: this.#lastError,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    const startMs = clock.monotonicMs();
    const isOver = () => signal.aborted;
    for (let beat = 1; !isOver(); beat += 1) {
      await this.#beat(signal);
      // From the start, so that what a message takes does not add up.
      await pauseUntil(clock, startMs + beat * intervalMs - clock.monotonicMs(), signal);
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { send, timeoutMs, clock } = this.#options;
    const late = new AbortController();
    const why = new Error(`no answer within ${timeoutMs} ms`);
    const timer = clock.after(timeoutMs, () => late.abort(why));
    const either = AbortSignal.any([signal, late.signal]);
    this.#sent += 1;
    try {
      // A sender that does not heed its signal must not keep the next one from going.
      await orAborted(send(this.sessionId, either), either, () => undefined);
      this.#failedInARow = 0;
      this.#lastSuccessMs = clock.now();
    } catch (error) {
      if (!signal.aborted) this.#failure(error);
    } finally {
      timer.cancel();
    }
  }

  #failure(error: unknown): void {
    const { failuresMax, onFailure, log } = this.#options;
    this.#failed += 1;
    this.#failedInARow += 1;
    this.#lastError = error instanceof Error ? error.message : String(error);
    if (this.#failedInARow === 1) log.warn('a heartbeat for the orders failed', { error });
    if (this.#failedInARow !== failuresMax) return;
    log.error('the venue does not hear from us: it may cancel the orders', { error });
    void this.#tell(onFailure, error);
  }

  async #tell(onFailure: OrderHeartbeatOptions['onFailure'], error: unknown): Promise<void> {
    try {
      await onFailure(error);
    } catch (failure) {
      this.#options.log.error('onFailure of the heartbeat failed', { error: failure });
    }
  }
}
