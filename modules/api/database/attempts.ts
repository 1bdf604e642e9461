import { backoffMs, type Backoff } from '../../../rpc/backoff.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

/** Something that is tried again and again: logged when it begins to fail, and when it works again. */
export class Attempts {
  readonly #what: string;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  #failures = 0;
  #retryAtMs = 0;
  #lastError: string | null = null;

  constructor(
    what: string,
    backoff: Backoff,
    { clock, log }: { readonly clock: Clock; readonly log: Pick<Logger, 'info' | 'warn'> },
  ) {
    this.#what = what;
    this.#backoff = backoff;
    this.#clock = clock;
    this.#log = log;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  /** By the clock that never steps back. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  get lastError(): string | null {
    return this.#lastError;
  }

  failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failures === 0 || message !== this.#lastError)
      this.#log.warn(`${this.#what} does not work at present, and is tried again`, { error });
    this.#lastError = message;
    const delayMs = backoffMs(this.#backoff, this.#failures, this.#clock.random());
    this.#failures += 1;
    this.#retryAtMs = this.#clock.monotonicMs() + delayMs;
  }

  succeeded(): void {
    if (this.#failures > 0)
      this.#log.info(`${this.#what} works again`, { failures: this.#failures });
    this.#failures = 0;
    this.#retryAtMs = 0;
  }
}
