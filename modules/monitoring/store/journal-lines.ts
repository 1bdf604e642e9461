/** The lines of the file of happenings. */
import { type Happening, type HappeningKind } from '../happening.ts';

export interface Entry {
  readonly id: number;
  readonly kind: HappeningKind;
  readonly atMs: number;
  /** The database has it as well. */
  readonly isStored: boolean;
  /** The happening as JSON, which takes a third of the room of the object. */
  readonly text: string;
}

export interface ParsedJournal {
  /** By id, in its order. */
  readonly entries: Map<number, Entry>;
  readonly lastId: number;
  readonly damagedLines: number;
  /** The last line has no end: what was being written when the process died, and so of nobody. */
  readonly isTorn: boolean;
}

export function entryLine({ isStored, text }: Entry): string {
  return `${isStored ? 'stored' : 'happening'} ${text}\n`;
}

/** Ids go on above it, also when all of their happenings are gone. */
export function lastIdLine(id: number): string {
  return `last ${id}\n`;
}

export function storedLine(ids: readonly number[]): string {
  return `ids ${JSON.stringify(ids)}\n`;
}

export function parseJournal(text: string): ParsedJournal {
  const lines = text.split('\n');
  const isTorn = lines.pop() !== '';
  const entries = new Map<number, Entry>();
  let lastId = 0;
  let damagedLines = 0;
  for (const line of lines) {
    const parsed = parseLine(line);
    if (parsed === null) damagedLines += 1;
    else if (parsed.word === 'last') lastId = Math.max(lastId, parsed.id);
    else if (parsed.word === 'ids') markStored(entries, parsed.ids);
    else {
      entries.set(parsed.entry.id, parsed.entry);
      lastId = Math.max(lastId, parsed.entry.id);
    }
  }
  const inOrder = [...entries].sort(([one], [other]) => one - other);
  return { entries: new Map(inOrder), lastId, damagedLines, isTorn };
}

type Line =
  | { readonly word: 'entry'; readonly entry: Entry }
  | { readonly word: 'last'; readonly id: number }
  | { readonly word: 'ids'; readonly ids: readonly number[] };

function parseLine(line: string): Line | null {
  const [, word, text = ''] = /^(happening|stored|last|ids) (.*)$/.exec(line) ?? [];
  const value = word === undefined ? null : parseJson(text);
  switch (word) {
    case 'last':
      return isId(value) ? { word, id: value } : null;
    case 'ids':
      return Array.isArray(value) && value.every(isId) ? { word, ids: value } : null;
    case 'happening':
    case 'stored': {
      if (!isHappening(value)) return null;
      const { id, kind, atMs } = value;
      return { word: 'entry', entry: { id, kind, atMs, isStored: word === 'stored', text } };
    }
    case undefined:
    default:
      return null;
  }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isHappening(value: unknown): value is Happening {
  const given = value as Partial<Record<keyof Happening, unknown>> | null;
  return (
    isId(given?.id) &&
    Number.isFinite(given.atMs) &&
    typeof given.kind === 'string' &&
    Array.isArray(given.culprits) &&
    typeof given.stress === 'object'
  );
}

function markStored(entries: Map<number, Entry>, ids: readonly number[]): void {
  for (const id of ids) {
    const entry = entries.get(id);
    if (entry !== undefined) entries.set(id, { ...entry, isStored: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
