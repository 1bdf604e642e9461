/**
 * A list in the venue's ways of sending one: as it is, or as JSON inside a string. Missing, null and
 * "" are the empty list, as they are on the wire; null is returned for what was to be a list and is
 * none.
 */
export function listOf(value: unknown): readonly unknown[] | null {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== 'string') return null;
  try {
    const parsed: unknown = JSON.parse(value);
    if (parsed === null) return [];
    return Array.isArray(parsed) ? (parsed as unknown[]) : null;
  } catch {
    // Not JSON: the caller says of which row.
    return null;
  }
}

/** A list whose every item can be read, or null: half a list would shift what belongs together. */
export function listOfEach<T>(value: unknown, read: (item: unknown) => T | null): T[] | null {
  const items = listOf(value)?.map(read);
  return items?.every((item) => item !== null) === true ? items : null;
}
