/** Looks whether a connection still lives, as often as there is something to see. */
import type { Clock, Timer } from '../clock.ts';
import { judgeLiveness, type LivenessLimits } from './liveness.ts';
import { type EndReason, SocketError } from './error.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly limits: Omit<LivenessLimits, 'dataTimeoutMs'> & { readonly ackTimeoutMs: number | null };
  readonly dataTimeoutMs: () => number | null;
  /** Whether there could be data: not where nothing is subscribed to. */
  readonly mayHaveData: () => boolean;
  readonly ackDueMs: () => number | null;
  readonly onPing: () => void;
  readonly onDead: (error: SocketError<EndReason>) => void;
}

export class Pulse {
  readonly #options: PulseOptions;
  #timer: Timer | null = null;
  #dataMs: number;
  #heardMs: number;
  #lastPingMs: number;

  /** Looks from now on, until `end`. */
  constructor(options: PulseOptions) {
    this.#options = options;
    this.#dataMs = this.#heardMs = this.#lastPingMs = options.clock.monotonicMs();
    this.#look(this.#dataMs);
  }

  /** Anything came. */
  heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  /** Data came, or can come from now on. */
  data(): void {
    this.#dataMs = this.#options.clock.monotonicMs();
  }

  /** There is a new bound: an acknowledgement is waited for. */
  lookAgain(): void {
    this.#timer?.cancel();
    this.#look(this.#options.clock.monotonicMs());
  }

  end(): void {
    this.#timer?.cancel();
  }

  #look(plannedMs: number): void {
    const { clock, mayHaveData, ackDueMs, onPing, onDead } = this.#options;
    const nowMs = clock.monotonicMs();
    const limits = { ...this.#options.limits, dataTimeoutMs: this.#options.dataTimeoutMs() };
    const verdict = judgeLiveness(
      {
        nowMs,
        plannedMs,
        dataMs: mayHaveData() ? this.#dataMs : nowMs,
        heardMs: this.#heardMs,
        lastPingMs: this.#lastPingMs,
        ackDueMs: ackDueMs(),
      },
      limits,
    );
    if (verdict.kind === 'dead') {
      onDead(silence(verdict.reason, limits));
      return;
    }
    if (verdict.kind === 'ping') {
      this.#lastPingMs = nowMs;
      onPing();
      this.#look(nowMs);
      return;
    }
    const nextMs = nowMs + verdict.inMs;
    this.#timer = clock.after(verdict.inMs, () => this.#look(nextMs));
  }
}

function silence(
  reason: 'no_data' | 'no_pong' | 'no_ack',
  { dataTimeoutMs, pongTimeoutMs, ackTimeoutMs }: LivenessLimits & PulseOptions['limits'],
): SocketError<EndReason> {
  switch (reason) {
    case 'no_data':
      return new SocketError(reason, `no data for ${dataTimeoutMs ?? 0} ms, though it is open`);
    case 'no_pong':
      return new SocketError(reason, `nothing within ${pongTimeoutMs} ms after a ping`);
    case 'no_ack':
      return new SocketError(reason, `topics not acknowledged within ${ackTimeoutMs ?? 0} ms`);
  }
}
