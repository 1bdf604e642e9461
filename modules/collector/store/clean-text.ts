/**
 * Text as PostgreSQL takes it: without zero bytes and halves of surrogate pairs, which JSON from
 * outside may hold. Each becomes U+FFFD.
 */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** A document for a jsonb parameter, all of its text cleaned. */
export function cleanJson(document: unknown): string {
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === 'string' ? cleanText(value) : value,
  );
}
