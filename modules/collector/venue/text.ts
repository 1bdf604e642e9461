/** More than any question, outcome or name has. */
const lengthMax = 4000;

/** What is not empty, of a bounded length, as a database takes it; null for the rest. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return storableText(value.slice(0, lengthMax));
}

/**
 * Without what PostgreSQL refuses: NUL, and half a surrogate pair. One such character in one row
 * would have the whole batch refused.
 */
export function storableText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text.replace(refused, '\u{fffd}');
}

/* eslint-disable no-control-regex -- NUL is what is looked for */
const suspicious = /[\u0000\ud800-\udfff]/;
const refused = /\u0000|\p{Surrogate}/gu;
