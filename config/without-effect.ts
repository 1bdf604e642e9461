/** Keys that are checked already, but that no part of this version reads. */
import type { ReadDocument } from './document.ts';
import { ownValue } from './own-value.ts';
import type { Path, Problem } from './problems.ts';

/** The one list: whoever builds the part that reads a key takes it out. `*` stands for any name. */
export const keysWithoutEffect: readonly string[] = ['connectors.exchanges'];

/** Whether any part of this version reads the key with this dotted path. */
export function hasEffect(path: string): boolean {
  const words = path.split('.');
  return !keysWithoutEffect.some((key) =>
    key.split('.').every((word, at) => word === '*' || word === words[at]),
  );
}

/** One notice for each that the document gives a value. */
export function noticesOfKeysWithoutEffect(read: ReadDocument): Problem[] {
  return keysWithoutEffect
    .flatMap((key) => writtenPaths(read.value, key.split('.')))
    .map((path) => read.problemAt(path, 'key', 'has no effect in this version'));
}

function writtenPaths(value: unknown, words: readonly string[], path: Path = []): Path[] {
  if (isEmpty(value)) return [];
  const [word, ...rest] = words;
  if (word === undefined) return [path];
  const names = word === '*' ? keysOf(value) : [word];
  return names.flatMap((name) => writtenPaths(ownValue(value, [name]), rest, [...path, name]));
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === null || value === undefined;
}

function keysOf(value: unknown): string[] {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? Object.keys(value) : [];
}
