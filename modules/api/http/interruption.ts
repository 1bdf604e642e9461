import type { HttpFailure } from './error.ts';

/**
 * Why a request is ended before it was answered. Travels as the reason of our own signals: node-fetch
 * gives the same AbortError for a time limit and for a caller who changed his mind.
 */
export class Interruption extends Error {
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }

  static byTimeout(limit: 'connect' | 'stall' | 'total', limitMs: number): Interruption {
    const within = `within ${limitMs / 1000} s`;
    const what = {
      connect: `no connection ${within}`,
      stall: `connected, but nothing came ${within}`,
      total: `not done ${within}`,
    };
    return new Interruption({ kind: 'timeout', limit, limitMs }, what[limit]);
  }

  static byServer(): Interruption {
    const failure = { kind: 'network', code: '', wasReused: false } as const;
    return new Interruption(failure, 'closed without an answer');
  }

  static byCaller(reason: unknown): Interruption {
    return new Interruption({ kind: 'cancelled' }, 'cancelled by the caller', reason);
  }

  static byClose(): Interruption {
    return new Interruption({ kind: 'closed' }, 'the client was closed');
  }
}
