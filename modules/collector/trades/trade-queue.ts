import type { Trade } from '../rows.ts';

export interface Queued {
  readonly trade: Trade;
  /** The connection that brought it, such as "trades/0". */
  readonly stream: string;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
}

/** What of a stream had to be dropped since somebody asked. */
export interface Dropped {
  readonly stream: string;
  readonly count: number;
  readonly fromMs: number;
  /** Not in it: even a single trade is a stretch of time. */
  readonly toMs: number;
  readonly tokenIds: ReadonlySet<string>;
}

/**
 * Trades between the stream and the database, first in, first out. When it is full the newest are
 * dropped, and it is known of what time: they can be fetched again.
 */
export class TradeQueue {
  readonly #max: number;
  #items: Queued[] = [];
  #first = 0;
  readonly #dropped = new Map<string, Dropped & { readonly tokenIds: Set<string> }>();
  #droppedTotal = 0;
  #wake: (() => void) | null = null;
  #doneTotal = 0;
  /** Who waits for the first so many of all to be safe. */
  #waiting: { readonly total: number; readonly tell: () => void }[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get depth(): number {
    return this.#items.length - this.#first;
  }

  get droppedTotal(): number {
    return this.#droppedTotal;
  }

  /** When what waits for longest was received; null when nothing waits. */
  get oldestMs(): number | null {
    return this.#items[this.#first]?.receivedAtMs ?? null;
  }

  /** False when there is no room. */
  offer(item: Queued): boolean {
    if (this.depth >= this.#max) {
      this.#drop(item);
      return false;
    }
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** At most so many, oldest first; they stay until `done`, and are given again until then. */
  peek(max: number): readonly Queued[] {
    return this.#items.slice(this.#first, this.#first + max);
  }

  /** The first so many are safe. */
  done(count: number): void {
    this.#first += count;
    this.#doneTotal += count;
    const safe = this.#waiting.filter(({ total }) => total <= this.#doneTotal);
    this.#waiting = this.#waiting.filter(({ total }) => total > this.#doneTotal);
    for (const { tell } of safe) tell();
    // Now and then: to take the head off an array costs its whole length.
    if (this.#first < 1024 && this.#first < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }

  /** What was dropped since the last time, by stream. */
  takeDropped(): readonly Dropped[] {
    const dropped = [...this.#dropped.values()];
    this.#dropped.clear();
    return dropped;
  }

  /** Resolves when there is something, or the signal aborts. */
  async available(signal: AbortSignal): Promise<void> {
    if (this.depth > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#wake = null;
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Resolves when all that is in it now is safe. Rejects with the signal's reason. */
  passed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.depth === 0) {
        resolve();
        return;
      }
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(signal.reason as Error);
      };
      const tell = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiting = { total: this.#doneTotal + this.depth, tell };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #drop({ trade, stream, receivedAtMs }: Queued): void {
    this.#droppedTotal += 1;
    const before = this.#dropped.get(stream);
    const { count = 0, fromMs = receivedAtMs, tokenIds = new Set<string>() } = before ?? {};
    tokenIds.add(trade.tokenId);
    const toMs = receivedAtMs + 1;
    this.#dropped.set(stream, { stream, count: count + 1, fromMs, toMs, tokenIds });
  }
}
