import type { HttpErrorKind } from './error.ts';

/** Of one host since the client began; latencies in milliseconds, of the last 512 answers. */
export interface HttpHostMetrics {
  readonly requests: number;
  readonly retries: number;
  /** Requests that failed in the end, by the kind of the error. */
  readonly errors: Readonly<Partial<Record<HttpErrorKind, number>>>;
  readonly in_flight: number;
  /** For a connection. */
  readonly waiting: number;
  /** Connections that are there, in use or idle. */
  readonly open: number;
  /** Sockets that were opened, and requests that went over one that was there already. */
  readonly opened: number;
  readonly reused: number;
  /** How long nothing may be sent to it, because it said so. */
  readonly held_ms: number;
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number } | null;
}

const keptLatencies = 512;

/** What is counted of one host. */
export class HostCounts {
  requests = 0;
  retries = 0;
  inFlight = 0;
  opened = 0;
  reused = 0;
  readonly errors: Partial<Record<HttpErrorKind, number>> = {};
  readonly #latenciesMs = new Float64Array(keptLatencies);
  #answers = 0;

  failed(kind: HttpErrorKind): void {
    this.errors[kind] = (this.errors[kind] ?? 0) + 1;
  }

  answered(latencyMs: number): void {
    this.#latenciesMs[this.#answers % keptLatencies] = latencyMs;
    this.#answers += 1;
  }

  get latency(): HttpHostMetrics['latency_ms'] {
    const kept = this.#latenciesMs.slice(0, Math.min(this.#answers, keptLatencies)).sort();
    if (kept.length === 0) return null;
    const at = (share: number) =>
      Math.round(kept[Math.min(kept.length - 1, Math.floor(kept.length * share))] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
