import { pause } from '../../api/clock.ts';
import type { VenueBook } from '../venue/book.ts';
import { booksMax } from '../venue/clob.ts';
import { snapshotOf } from './book-snapshot.ts';
import { type CollectorParts, type CollectorStats, type Cycle, Cycles } from './cycles.ts';
import { UnchangedBooks } from './unchanged-books.ts';

export interface OrderbookParts extends CollectorParts {
  /** Tokens in one request; more than 500 are refused by the venue. Default: 20. */
  readonly chunk?: number;
}

const chunkDefault = 20;

/** How long a cycle waits for the first tokens that there are. */
const looksMax = 60;
const lookEveryMs = 1000;

/** Requests at the same time: the venue takes a fifth of a second for each. */
const inParallel = 4;

/** The order books of the tokens that can be traded. What has not changed is not stored again. */
export class OrderbookSnapshotCollector {
  readonly #parts: CollectorParts;
  readonly #cycles: Cycles;
  readonly #chunk: number;
  readonly #unchanged = new UnchangedBooks();

  constructor({ chunk = chunkDefault, ...parts }: OrderbookParts) {
    this.#parts = parts;
    this.#chunk = Math.max(1, Math.min(booksMax, chunk));
    this.#cycles = new Cycles('orderbooks', parts);
  }

  get stats(): CollectorStats {
    return this.#cycles.stats;
  }

  /** Gives how many books were stored; 0 on failure. Never rejects. */
  collectOnce(signal: AbortSignal): Promise<number> {
    return this.#cycles.run(signal, async (cycle) => {
      const tokens = await this.#tokens(signal);
      this.#unchanged.keepOnly(tokens);
      await this.#collect(cycle, tokens, signal);
    });
  }

  /** The books of these tokens now, as after a gap in their stream; otherwise as `collectOnce`. */
  async collectTokens(tokenIds: readonly string[], signal: AbortSignal): Promise<number> {
    return this.#cycles.beside(signal, (cycle) => this.#collect(cycle, tokenIds, signal));
  }

  /** In a new database the collector of markets has only begun, and the next cycle is minutes away. */
  async #tokens(signal: AbortSignal): Promise<readonly string[]> {
    const { store, clock, maxMarkets } = this.#parts;
    for (let look = 1; ; look += 1) {
      const tokens = await store.activeTokens(maxMarkets, signal);
      if (tokens.length > 0 || look >= looksMax) return tokens.map(({ tokenId }) => tokenId);
      await pause(clock, lookEveryMs, signal);
    }
  }

  async #collect(cycle: Cycle, tokens: readonly string[], signal: AbortSignal): Promise<void> {
    const distinct = [...new Set(tokens)];
    let next = 0;
    const work = async () => {
      while (next < distinct.length && !signal.aborted) {
        const chunk = distinct.slice(next, (next += this.#chunk));
        // One that fails leaves the others their chance.
        await cycle.attempt(signal, () => this.#collectChunk(cycle, chunk, signal));
      }
    };
    await Promise.all(Array.from({ length: inParallel }, work));
  }

  async #collectChunk(cycle: Cycle, chunk: readonly string[], signal: AbortSignal): Promise<void> {
    const { store, venue, clock } = this.#parts;
    const { rows: books, garbage } = await venue.clob.books(chunk, signal);
    cycle.quarantine(garbage);
    const atMs = clock.now();
    const changed = this.#ofThese(chunk, books).filter((book) => this.#unchanged.isNew(book, atMs));
    const rows = changed.map((book) => snapshotOf(book, atMs));
    // Added when it is known: other chunks add theirs meanwhile.
    const added = rows.length === 0 ? 0 : await store.addOrderbooks(rows, signal);
    cycle.items += added;
    for (const book of changed) this.#unchanged.stored(book, atMs);
  }

  /** By whose they are, never by their place; the first of each, and nothing that was not asked for. */
  #ofThese(chunk: readonly string[], books: readonly VenueBook[]): readonly VenueBook[] {
    const byToken = new Map(books.toReversed().map((book) => [book.tokenId, book]));
    return chunk.flatMap((tokenId) => byToken.get(tokenId) ?? []);
  }
}
