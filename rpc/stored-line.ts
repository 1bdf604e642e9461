/** Lines of JSON in files that are only appended to. */

/** Null for what is none of these, such as the half line that a power loss leaves. */
export function parseStoredLine<T>(line: string, isOne: (value: unknown) => value is T): T | null {
  if (line === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return isOne(value) ? value : null;
}
