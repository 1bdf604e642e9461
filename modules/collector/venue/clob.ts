/** Order books and winners, from the CLOB. Source: https://docs.polymarket.com/developers/CLOB */
import { parseBook, type VenueBook } from './book.ts';
import { VenueError } from './error.ts';
import { tokenIdOf } from './identifier.ts';
import { listOf } from './list.ts';
import { itemsOf } from './page.ts';
import { fieldsOf, parseEach, type Rows } from './parsed.ts';
import type { VenueRequests } from './requests.ts';

/** More in one request are refused. */
export const booksMax = 500;

export class Clob {
  readonly #requests: VenueRequests;
  readonly #base: string;

  constructor(requests: VenueRequests, base: string) {
    this.#requests = requests;
    this.#base = base;
  }

  /**
   * The books of these tokens, at most `booksMax`, as they come: in any order, and without those that
   * the venue has none of. Each says whose it is.
   */
  async books(tokenIds: readonly string[], signal: AbortSignal): Promise<Rows<VenueBook>> {
    const answer = await this.#requests.ask(
      {
        endpoint: 'clob_books',
        base: this.#base,
        path: '/books',
        body: tokenIds.map((token_id) => ({ token_id })),
      },
      signal,
    );
    return parseEach(itemsOf(answer, 'the list of books', answer), parseBook);
  }

  /** The token that won, once the venue has marked it; null before, and for a market it has not. */
  async winner(conditionId: string, signal: AbortSignal): Promise<string | null> {
    const path = `/markets/${conditionId}`;
    const question = { endpoint: 'clob_markets', base: this.#base, path } as const;
    try {
      const tokens = listOf(fieldsOf(await this.#requests.ask(question, signal))?.['tokens']) ?? [];
      const winners = tokens.map(fieldsOf).filter((token) => token?.['winner'] === true);
      return winners.length === 1 ? tokenIdOf(winners[0]?.['token_id']) : null;
    } catch (error) {
      const isUnknown =
        error instanceof VenueError &&
        error.failure.kind === 'unanswered' &&
        error.failure.status === 404;
      if (isUnknown) return null;
      throw error;
    }
  }
}
