/** 2^256 has 78 digits. */
const tokenId = /^\d{1,78}$/;
const conditionId = /^[\w-]{1,100}$/;

/**
 * A token's id as decimal text. A JSON number of that size has lost most of its digits when it is
 * read, so one that is not exact is refused: it would be another token's, or nobody's.
 */
export function tokenIdOf(value: unknown): string | null {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value > 0 ? `${value}` : null;
  return typeof value === 'string' && tokenId.test(value) ? value : null;
}

/** "" means that there is none, as null does. */
export function conditionIdOf(value: unknown): string | null {
  return typeof value === 'string' && conditionId.test(value) ? value : null;
}
