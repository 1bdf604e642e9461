/** A request as the interfaces of the venue see it: the path without the area's prefix. */
export interface VenueRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The JSON of a POST; undefined when there was none or it was not JSON. */
  readonly body: unknown;
  readonly nowMs: number;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const refused = (status: number, error: string): Reply => ({ status, body: { error } });

/** A whole number of the query; the default when absent, null when it is none or out of bounds. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number | null {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : null;
}

/** The values of a repeated or comma-separated parameter. */
export function listed(query: URLSearchParams, ...names: readonly string[]): string[] {
  return names
    .flatMap((name) => query.getAll(name))
    .flatMap((text) => text.split(',').filter(Boolean));
}

export const encodeCursor = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Null when it is no cursor of ours. */
export function decodeCursor(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    // Whoever asks is told that the cursor is invalid.
    return null;
  }
}
