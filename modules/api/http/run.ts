/** One request from its first attempt to its answer: holds, connections, retries, redirects. */
import { type Clock, pause } from '../clock.ts';
import type { Lease } from '../connection-pool.ts';
import { PoolClosedError, PoolExhaustedError } from '../connection-pool/error.ts';
import { type Attempted, attempt } from './attempt.ts';
import type { HttpConnection } from './connection.ts';
import { displayUrl, excerpt } from './display.ts';
import { HttpError, type HttpFailure } from './error.ts';
import type { Host } from './host.ts';
import type { Hosts } from './hosts.ts';
import { Interruption } from './interruption.ts';
import { type Hop, redirect } from './redirect.ts';
import type { Draft } from './request.ts';
import { HttpResponse } from './response.ts';
import { retryAfterMs } from './retry-after.ts';
import { nextStep, retryDelayMs, type RetryPolicy } from './retry.ts';

export interface RunOptions {
  readonly hosts: Hosts;
  readonly hop: Hop;
  readonly mayRepeat: boolean;
  readonly expected: (status: number) => boolean;
  readonly sign: ((draft: Draft) => void) | undefined;
  readonly retry: RetryPolicy;
  readonly redirectsMax: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly bodyBytesMax: number;
  /** On the monotonic clock; the signal aborts then. */
  readonly deadlineMs: number;
  /** Aborts with an Interruption. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

type Failed = Extract<Attempted, { kind: 'failed' }>;
interface Answered {
  readonly kind: 'answered';
  readonly response: HttpResponse;
}

export class Run {
  readonly #options: RunOptions;
  #attempts = 0;
  #mayHaveArrived = false;
  #deadSocketRetried = false;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Rejects with an HttpError, always. */
  async answer(): Promise<HttpResponse> {
    const { expected, redirectsMax } = this.#options;
    let { hop } = this.#options;
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#answerOf(hop);
      const { status, headers } = response;
      if (expected(status)) return response;
      const next = redirect(hop, status, headers.get('location'));
      if (next.kind === 'none') return response;
      if (next.kind === 'refuse') throw this.#notFollowed(hop, status, next.because);
      if (redirects >= redirectsMax)
        throw this.#notFollowed(hop, status, `it is redirected more than ${redirectsMax} times`);
      hop = next.hop;
    }
  }

  #notFollowed(hop: Hop, status: number, because: string): HttpError {
    this.#options.hosts.of(hop.url).counts.failed('redirect');
    return this.#error(
      hop,
      failed({ kind: 'redirect', status }, `status ${status}: ${because}`),
      null,
    );
  }

  /** What one address answers, after as many attempts as it takes. */
  async #answerOf(hop: Hop): Promise<HttpResponse> {
    const { hosts, retry, mayRepeat, deadlineMs, signal, clock } = this.#options;
    const host = hosts.of(hop.url);
    host.counts.requests += 1;
    host.counts.inFlight += 1;
    try {
      for (;;) {
        const result = await this.#attempt(host, hop);
        if (result.kind === 'answered') return result.response;
        const known = {
          failure: result.failure,
          attempts: this.#attempts,
          mayRepeat,
          deadSocketRetried: this.#deadSocketRetried,
          leftMs: deadlineMs - clock.monotonicMs(),
        };
        const step = nextStep(retry, known, clock.random());
        if (step.kind === 'give_up') throw this.#error(hop, result, step.because);
        if (step.delayMs === 0) this.#deadSocketRetried = true;
        host.counts.retries += 1;
        try {
          await pause(clock, step.delayMs, signal);
        } catch (error) {
          throw this.#error(hop, interrupted(error), `after ${result.reason}`);
        }
      }
    } catch (error) {
      if (error instanceof HttpError) host.counts.failed(error.kind);
      throw error;
    } finally {
      host.counts.inFlight -= 1;
    }
  }

  async #attempt(host: Host, hop: Hop): Promise<Answered | Failed> {
    const { connectTimeoutMs, stallTimeoutMs, bodyBytesMax, signal, clock } = this.#options;
    const waited = (await this.#waitOutHold(host)) ?? (await this.#connection(host, hop));
    if ('kind' in waited) return waited;
    const { connection } = waited;
    let request: Hop;
    try {
      request = this.#signed(hop);
    } catch (cause) {
      waited.release();
      return { ...failed({ kind: 'invalid' }, 'it could not be signed'), cause };
    }
    this.#attempts += 1;
    const openedBefore = connection.opened;
    const beganMs = clock.monotonicMs();
    const limits = { connectTimeoutMs, stallTimeoutMs, bodyBytesMax };
    const result = await attempt({ connection, request, ...limits, signal, clock });
    if (connection.opened === openedBefore) host.counts.reused += 1;
    else host.counts.opened += connection.opened - openedBefore;
    if (result.kind === 'answered' && connection.rest()) waited.release();
    else waited.destroy();
    if (result.kind === 'failed') {
      this.#mayHaveArrived ||= result.mayHaveArrived;
      return result;
    }
    host.counts.answered(clock.monotonicMs() - beganMs);
    return this.#judged(host, hop, result);
  }

  /** An answer with a status that was not expected has failed, unless it leads elsewhere. */
  #judged(host: Host, hop: Hop, answer: Extract<Attempted, { kind: 'answered' }>) {
    this.#mayHaveArrived = true;
    const { status, headers, body } = answer;
    const url = displayUrl(hop.url);
    const response = new HttpResponse({ status, headers, body, url, attempts: this.#attempts });
    const waitMs = retryAfterMs(headers.get('retry-after'), this.#options.clock.now());
    host.heard(status, waitMs);
    const isAnswer =
      this.#options.expected(status) ||
      redirect(hop, status, headers.get('location')).kind !== 'none';
    if (isAnswer) return { kind: 'answered', response } as const;
    const reason = `status ${status}: ${excerpt(response.text())}`;
    return failed({ kind: 'status', response, retryAfterMs: waitMs }, reason);
  }

  /** Nothing is sent into a ban; what a host asked for otherwise is waited for, if there is time. */
  async #waitOutHold(host: Host): Promise<Failed | null> {
    const { retry, deadlineMs, signal, clock } = this.#options;
    for (let held = host.held; held !== null; held = host.held) {
      const { status, leftMs } = held;
      const delayMs = retryDelayMs(retry, 1, leftMs, clock.random());
      if (status === 418 || delayMs >= deadlineMs - clock.monotonicMs()) {
        const why = status === 418 ? 'it has banned us' : 'it asked to be left alone';
        const reason = `${why} (status ${status}) for another ${(leftMs / 1000).toFixed(1)} s`;
        return failed({ kind: 'held', status, retryAfterMs: leftMs }, reason);
      }
      try {
        await pause(clock, delayMs, signal);
      } catch (error) {
        return interrupted(error);
      }
    }
    return null;
  }

  async #connection(host: Host, hop: Hop): Promise<Lease<HttpConnection> | Failed> {
    const holder = `${hop.method} ${hop.url.pathname.slice(0, 100)}`;
    try {
      return await host.pool.acquire(holder, { signal: this.#options.signal });
    } catch (error) {
      if (error instanceof PoolExhaustedError) {
        const { max, waitedMs, holders, message } = error;
        return failed({ kind: 'pool_exhausted', max, waitedMs, holders }, message);
      }
      if (error instanceof PoolClosedError) return failed({ kind: 'closed' }, error.message);
      const { failure, reason, cause } = interrupted(error);
      return { ...failed(failure, `${reason}, waiting for a connection`), cause };
    }
  }

  /** Another origin than the first has no use for a signature, and no right to it. */
  #signed(hop: Hop): Hop {
    const { sign, hop: first } = this.#options;
    if (sign === undefined || hop.url.origin !== first.url.origin) return hop;
    const draft: Draft = { ...hop, url: new URL(hop.url), headers: { ...hop.headers } };
    sign(draft);
    if (draft.url.origin !== hop.url.origin) throw new Error('sign must not change the host');
    return draft;
  }

  #error(hop: Hop, { failure, reason, cause }: Failed, because: string | null): HttpError {
    const { method, url } = hop;
    const attempts = this.#attempts;
    const mayHaveArrived = this.#mayHaveArrived;
    const added = because === null ? '' : ` (${because})`;
    const isOpen = mayHaveArrived && !this.#options.mayRepeat && isOutcomeUnknown(failure);
    const advice = isOpen ? ' — it may have been carried out: ask before you send it again' : '';
    return new HttpError(
      `cannot ${method} ${displayUrl(url)}: ${reason}${added}${advice}`,
      failure,
      { attempts, mayHaveArrived, cause },
    );
  }
}

/** A status below 500 is the server's word that it was not done. */
function isOutcomeUnknown(failure: HttpFailure): boolean {
  return failure.kind !== 'status' || failure.response.status >= 500;
}

function failed(failure: HttpFailure, reason: string): Failed {
  return { kind: 'failed', failure, reason, mayHaveArrived: false };
}

function interrupted(error: unknown): Failed {
  if (!(error instanceof Interruption)) throw error;
  return { ...failed(error.failure, error.message), cause: error.cause };
}
