/** From page to page until the last one, and never in a circle. */
import { VenueError } from './error.ts';
import type { Page } from './page.ts';

export interface WalkOptions {
  /** The cursor to begin with; null is the beginning of the list. */
  readonly from: string | null;
  readonly pagesMax: number;
}

/** `at` is the cursor that the page was asked for with. */
export type Step<P> = P & { readonly at: string | null };

/**
 * Each page once. Throws a VenueError of the kind `loop` when the venue leads back to a page that has
 * been read: it ignores a cursor it does not know and sends the first page again, for ever. Ends
 * without an error after `pagesMax`.
 */
export async function* walk<P extends Page<unknown>>(
  read: (cursor: string | null) => Promise<P>,
  { from, pagesMax }: WalkOptions,
): AsyncGenerator<Step<P>> {
  const seen: Seen = { cursors: new Set(from === null ? [] : [from]), firstIds: new Set() };
  let cursor = from;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page = await read(cursor);
    const loop = loopIn(seen, page);
    if (loop !== null)
      throw new VenueError(`cannot read on after ${pages} pages: the venue sent ${loop}`, {
        kind: 'loop',
      });
    yield { ...page, at: cursor };
    if (page.next === null) return;
    cursor = page.next;
  }
}

interface Seen {
  readonly cursors: Set<string>;
  readonly firstIds: Set<string>;
}

/** In words what was seen before; notes what is new. */
function loopIn(seen: Seen, { firstId, next }: Page<unknown>): string | null {
  if (firstId !== null && seen.firstIds.has(firstId))
    return `the page that begins with ${firstId} again`;
  if (next !== null && seen.cursors.has(next)) return `the cursor ${next.slice(0, 60)} again`;
  if (firstId !== null) seen.firstIds.add(firstId);
  if (next !== null) seen.cursors.add(next);
  return null;
}
