/**
 * Asks the daemon for what is worth a second at most. When it does not answer, nobody else waits for
 * it: it is asked again after a while, or on a new link.
 */
import type { CallOptions } from '../../../rpc/calls.ts';
import { ConnectionClosedError, RpcError } from '../../../rpc/errors.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

export interface CacheCallsOptions {
  readonly call: (method: string, params: object, options: CallOptions) => Promise<unknown>;
  /** Whether there is a link now. */
  readonly isUp: () => boolean;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

const answerTimeoutMs = 1000;
const retryAfterMs = 1000;

export class CacheCalls {
  readonly #options: CacheCallsOptions;
  #wasUp = false;
  /** Null while the daemon answers. */
  #retryAtMs: number | null = null;
  /** Of the last failure. */
  #code: RpcError['code'] | 'timeout' = 'timeout';
  #unansweredCount = 0;

  constructor(options: CacheCallsOptions) {
    this.#options = options;
  }

  get unansweredCount(): number {
    return this.#unansweredCount;
  }

  /** Rejects with what `isUnanswered` knows, with what the daemon refuses, or with the abort reason. */
  async ask(method: string, params: object, signal?: AbortSignal): Promise<unknown> {
    const { call, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!this.#mayAsk(nowMs)) throw this.#unanswered(this.#notAsked(method), this.#retryAtMs);
    const given = signal === undefined ? {} : { signal };
    try {
      const answer = await call(method, params, { ...given, timeoutMs: answerTimeoutMs });
      this.#isBack();
      return answer;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      throw this.#unanswered(error, clock.monotonicMs() + retryAfterMs);
    }
  }

  /** There is a link, or a new one. */
  connected(): void {
    this.#wasUp = true;
    this.#isBack();
  }

  /** It is waited for a first link only: one that broke may stay away for long. */
  #mayAsk(nowMs: number): boolean {
    if (!this.#options.isUp()) return !this.#wasUp && this.#retryAtMs === null;
    return this.#retryAtMs === null || nowMs >= this.#retryAtMs;
  }

  #unanswered(error: unknown, retryAtMs: number | null): unknown {
    this.#unansweredCount += 1;
    this.#code = error instanceof RpcError ? error.code : 'timeout';
    const text = 'the cache of the daemon does not answer: the module goes on without it';
    // A program that was started by hand knows that it has none.
    const isAlone = error instanceof RpcError && error.is('notRunning');
    if (this.#retryAtMs === null && !isAlone) this.#options.log.warn(text, { error });
    this.#retryAtMs = retryAtMs ?? 0;
    return error;
  }

  #isBack(): void {
    if (this.#retryAtMs === null) return;
    this.#retryAtMs = null;
    this.#options.log.info('the cache of the daemon answers again');
  }

  #notAsked(method: string): RpcError {
    const why = this.#options.isUp() ? 'the daemon did not answer of late' : 'there is no link';
    return new RpcError(this.#code, `cannot call ${method}: ${why}`);
  }
}

/** Whether the daemon is away, hangs or has trouble of its own; else it is the request that is wrong. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof ConnectionClosedError) return true;
  if (!(error instanceof RpcError)) return false;
  const isBusy =
    error.is('refused') && (error.data as { reason?: unknown } | null)?.reason === 'busy';
  const isTrouble = (['timeout', 'notRunning', 'internal', 'methodNotFound'] as const).some(
    (kind) => error.is(kind),
  );
  return isBusy || isTrouble;
}
