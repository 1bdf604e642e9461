/**
 * HTTP for modules, as `superbot/http`: a client that keeps connections, waits no longer than it was
 * told, tries again what may be tried again, and says what went wrong and whether the server may have
 * seen the request. Bodies are always read whole, or the connection is closed.
 */
import { setMaxListeners } from 'node:events';
import { type Clock, realClock } from './clock.ts';
import type { PoolLimits } from './connection-pool.ts';
import { displayUrl } from './http/display.ts';
import { HttpError, type HttpFailure } from './http/error.ts';
import { Hosts } from './http/hosts.ts';
import { Interruption } from './http/interruption.ts';
import type { HttpHostMetrics } from './http/metrics.ts';
import { type HttpRequest, prepare } from './http/request.ts';
import type { HttpResponse } from './http/response.ts';
import { defaultRetry, type RetryPolicy } from './http/retry.ts';
import { Run } from './http/run.ts';
import type { Module } from './module.ts';
import { connectionPoolLimits, defaultPoolLimits } from './shared-settings.ts';

export { HttpError, type HttpErrorKind, type HttpFailure } from './http/error.ts';
export type { HttpHostMetrics } from './http/metrics.ts';
export type { Draft, HttpRequest } from './http/request.ts';
export type { HttpResponse } from './http/response.ts';
export type { RetryPolicy } from './http/retry.ts';
export type { PoolLimits } from './connection-pool.ts';

export interface HttpClientOptions {
  /** Per host. Default: those of the configuration, or of one that says nothing. */
  readonly pool?: Partial<PoolLimits>;
  /** For name, connection and TLS. Default: 10 000. */
  readonly connectTimeoutMs?: number;
  /** For the answer to begin, and for each further piece of it. Default: 30 000. */
  readonly stallTimeoutMs?: number;
  /** For a request with all that belongs to it. Default: 60 000. */
  readonly timeoutMs?: number;
  /** Of an answer, on the wire and decompressed. Default: 16 MiB. */
  readonly bodyBytesMax?: number;
  /** Default: 3. */
  readonly redirectsMax?: number;
  /** Default: 3 attempts, 1 s doubling to 10 s, each with full jitter. */
  readonly retry?: Partial<RetryPolicy>;
  /** Sent with each request, to whatever host. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates in PEM to trust in place of those that Node does. */
  readonly ca?: string;
  readonly clock?: Clock;
}

const defaults = {
  connectTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  timeoutMs: 60_000,
  bodyBytesMax: 16 * 1024 * 1024,
  redirectsMax: 3,
  headers: { 'user-agent': 'superbot' } as Readonly<Record<string, string>>,
};

/**
 * A client with the limits of `infrastructure.connection_pool`, but for those that the options name;
 * its connections are of this module alone. Rejects as `module.call`.
 */
export async function openHttp(
  module: Pick<Module, 'name' | 'call'>,
  options: HttpClientOptions = {},
): Promise<HttpClient> {
  const pool = { ...(await connectionPoolLimits(module)), ...options.pool };
  return new HttpClient({ ...options, pool });
}

export class HttpClient {
  readonly #options: typeof defaults & { readonly clock: Clock };
  readonly #retry: RetryPolicy;
  readonly #hosts: Hosts;
  /** One for each request that is under way. */
  readonly #active = new Set<AbortController>();
  #isClosed = false;

  constructor({ pool, ca, retry, ...options }: HttpClientOptions = {}) {
    const headers = { ...defaults.headers, ...options.headers };
    this.#options = { ...defaults, clock: realClock, ...options, headers };
    this.#retry = { ...defaultRetry, ...retry };
    const limits = { ...defaultPoolLimits, ...pool };
    this.#hosts = new Hosts({ limits, clock: this.#options.clock, ca });
  }

  /** Resolves with the whole answer; rejects with an HttpError, and with nothing else. */
  async request(address: string | URL, request: HttpRequest = {}): Promise<HttpResponse> {
    const { clock, redirectsMax, connectTimeoutMs, headers } = this.#options;
    const prepared = prepare(address, request, headers);
    if (!prepared.ok) throw refused(address, request, prepared.failure, prepared.reason);
    if (this.#isClosed) throw refused(address, request, { kind: 'closed' }, 'the client is closed');
    const { signal: given, sign } = request;
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs;
    const stallTimeoutMs = request.stallTimeoutMs ?? this.#options.stallTimeoutMs;
    const bodyBytesMax = request.bodyBytesMax ?? this.#options.bodyBytesMax;
    const active = new AbortController();
    const onAbort = () => active.abort(Interruption.byCaller(given?.reason));
    const timer = clock.after(timeoutMs, () =>
      active.abort(Interruption.byTimeout('total', timeoutMs)),
    );
    this.#active.add(active);
    // One signal may stand behind many requests.
    if (given !== undefined) setMaxListeners(0, given);
    given?.addEventListener('abort', onAbort);
    if (given?.aborted === true) onAbort();
    try {
      const run = new Run({
        hosts: this.#hosts,
        ...prepared,
        sign,
        retry: this.#retry,
        redirectsMax,
        connectTimeoutMs,
        stallTimeoutMs,
        bodyBytesMax,
        deadlineMs: clock.monotonicMs() + timeoutMs,
        signal: active.signal,
        clock,
      });
      return await run.answer();
    } finally {
      timer.cancel();
      this.#active.delete(active);
      given?.removeEventListener('abort', onAbort);
    }
  }

  /** The answer's body as JSON; what is none is an HttpError of the kind `not_json`. */
  async json(address: string | URL, request: HttpRequest = {}): Promise<unknown> {
    const headers = { accept: 'application/json', ...request.headers };
    return (await this.request(address, { ...request, headers })).json();
  }

  /** By origin, for a module's health or its own metrics. */
  get metrics(): Readonly<Record<string, HttpHostMetrics>> {
    return this.#hosts.metrics;
  }

  /** Ends what is under way with `closed` and closes every connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const active of this.#active) active.abort(Interruption.byClose());
    await this.#hosts.close();
  }
}

/** Of what was never begun. */
function refused(
  address: string | URL,
  { method = 'GET' }: HttpRequest,
  failure: HttpFailure,
  reason: string,
): HttpError {
  const where = URL.canParse(String(address)) ? displayUrl(new URL(address)) : 'an address';
  return new HttpError(`cannot ${method} ${where}: ${reason}`, failure, {
    attempts: 0,
    mayHaveArrived: false,
  });
}
