import { storableText } from './text.ts';

/** One row of an answer, understood or not. */
export type Parsed<T> =
  | { readonly kind: 'row'; readonly row: T }
  /** Nothing is wrong with it, and there is nothing to keep. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'garbage'; readonly reason: string };

/** What was received and not understood. */
export interface Garbage {
  readonly reason: string;
  /** As JSON, or as it came where it is none. A database can store it. */
  readonly raw: string;
}

export interface Rows<T> {
  readonly rows: readonly T[];
  readonly garbage: readonly Garbage[];
}

/** Each row by itself: what cannot be read takes nothing with it. */
export function parseEach<T>(
  items: readonly unknown[],
  parse: (raw: unknown) => Parsed<T>,
): Rows<T> {
  const rows: T[] = [];
  const garbage: Garbage[] = [];
  for (const item of items) {
    const parsed = parse(item);
    if (parsed.kind === 'row') rows.push(parsed.row);
    else if (parsed.kind === 'garbage') garbage.push({ reason: parsed.reason, raw: rawText(item) });
  }
  return { rows, garbage };
}

/** As much as is kept of it in the end. */
const rawLengthMax = 16 * 1024;

export function rawText(item: unknown): string {
  const text = typeof item === 'string' ? item : (JSON.stringify(item) as string | undefined);
  return storableText((text ?? 'undefined').slice(0, rawLengthMax));
}

export function garbage(reason: string): { readonly kind: 'garbage'; readonly reason: string } {
  return { kind: 'garbage', reason };
}

/** The fields of an object, whatever they are; null for what is none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** How a value is shown in a reason. */
export function shown(value: unknown): string {
  return rawText(value).slice(0, 60);
}
