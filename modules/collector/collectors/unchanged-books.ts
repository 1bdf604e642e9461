import { createHash } from 'node:crypto';
import type { VenueBook } from '../venue/book.ts';

/** So that whoever reads an hour of snapshots finds each book in it at least once. */
const repeatEveryMs = 3_600_000;

interface Stored {
  readonly digest: string;
  readonly atMs: number;
}

/**
 * Which books need not be stored again, by what is in them: the hash that the venue gives them is also
 * of a time, and so may change when nothing else does.
 */
export class UnchangedBooks {
  readonly #stored = new Map<string, Stored>();

  isNew(book: VenueBook, atMs: number): boolean {
    const stored = this.#stored.get(book.tokenId);
    if (stored === undefined || atMs - stored.atMs >= repeatEveryMs) return true;
    return stored.digest !== digestOf(book);
  }

  stored(book: VenueBook, atMs: number): void {
    this.#stored.set(book.tokenId, { digest: digestOf(book), atMs });
  }

  /** Forgets the others: tokens come and go for ever. */
  keepOnly(tokenIds: readonly string[]): void {
    const kept = new Set(tokenIds);
    for (const tokenId of this.#stored.keys()) if (!kept.has(tokenId)) this.#stored.delete(tokenId);
  }
}

function digestOf({ bids, asks }: VenueBook): string {
  return createHash('sha1')
    .update(JSON.stringify([bids, asks]))
    .digest('base64');
}
