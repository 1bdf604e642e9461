/**
 * Watches over the daemon's own event loop: while that is blocked no call is answered, no exit is
 * seen and no check is made in time.
 */
import { type LoopLag, LoopLagMeter } from '../../rpc/loop-lag.ts';
import { LagReports, type LagReportsOptions } from './lag-reports.ts';
import type { System, Timer } from '../system.ts';

export const windowMs = 5000;

export class LoopLagWatch {
  /** Also takes what modules say of theirs. */
  readonly reports: LagReports;
  readonly #system: System;
  #meter: LoopLagMeter | null = null;
  #timer: Timer | null = null;
  #beganMs = 0;
  #last: LoopLag | null = null;

  constructor(options: LagReportsOptions) {
    this.#system = options.system;
    this.reports = new LagReports(options);
  }

  /** Figures of the last full window; null before there was one. */
  get last(): LoopLag | null {
    return this.#last;
  }

  start(): void {
    this.#meter ??= new LoopLagMeter();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#meter?.stop();
    this.#meter = null;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#beganMs = this.#system.monotonicMs();
    this.#timer = this.#system.after(windowMs, () => this.#look());
  }

  #look(): void {
    if (this.#meter === null) return;
    const lag = this.#meter.take();
    const elapsedMs = this.#system.monotonicMs() - this.#beganMs;
    this.#last = { ...lag, maxMs: lag.maxMs ?? ownLateness(elapsedMs, lag.utilization) };
    this.reports.take(null, this.#last);
    this.#arm();
  }
}

/**
 * Where nothing was sampled the watch's own timer is a sample. A process that was halted from
 * outside (SIGSTOP) is late too, but was not busy.
 */
function ownLateness(elapsedMs: number, utilization: number): number {
  return Math.max(0, Math.min(elapsedMs - windowMs, elapsedMs * utilization));
}
