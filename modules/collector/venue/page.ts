/** One page of a list that is read by cursors. */
import { VenueError } from './error.ts';
import { fieldsOf, type Parsed, parseEach, rawText, type Rows } from './parsed.ts';
import { textOf } from './text.ts';

export interface Page<T> extends Rows<T> {
  /** What tells one page from another: the id of what it begins with. */
  readonly firstId: string | null;
  /** The cursor of the page after it; null on the last one. */
  readonly next: string | null;
}

/** Of Gamma: `{markets | events: […], next_cursor}`, the cursor missing on the last page. */
export function keysetPage<T>(
  answer: unknown,
  list: 'markets' | 'events',
  parse: (item: unknown) => Rows<T>,
): Page<T> {
  const fields = fieldsOf(answer);
  const items = itemsOf(fields?.[list], `the list of ${list}`, answer);
  const parsed = items.map(parse);
  return {
    rows: parsed.flatMap(({ rows }) => rows),
    garbage: parsed.flatMap(({ garbage }) => garbage),
    firstId: idOf(items[0]),
    next: textOf(fields?.['next_cursor']),
  };
}

/** Of the Data API: `{data: […], pagination: {has_more, next_cursor}}`. */
export function dataPage<T>(answer: unknown, parse: (item: unknown) => Parsed<T>): Page<T> {
  const fields = fieldsOf(answer);
  // Null is its way of saying that there is nothing.
  const data = fields?.['data'] === null ? [] : fields?.['data'];
  const items = itemsOf(data, 'the data', answer);
  const pagination = fieldsOf(fields?.['pagination']);
  const next = pagination?.['has_more'] === false ? null : textOf(pagination?.['next_cursor']);
  // Its rows have no id; a cursor that comes twice is all there is to see a loop by.
  return { ...parseEach(items, parse), firstId: null, next };
}

export function itemsOf(value: unknown, what: string, answer: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new VenueError(`cannot read the venue's answer: ${what} is missing or no list`, {
    kind: 'garbled',
    raw: rawText(answer),
  });
}

function idOf(item: unknown): string | null {
  const id = fieldsOf(item)?.['id'];
  return typeof id === 'number' ? `${id}` : textOf(id);
}
