import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../config/paths.ts';

/** What a page shows as code. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Where it begins: `docs/cache.md:18`. */
  readonly place: string;
}

/** Every block of a page of docs/ that has a language, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(packageRoot(), 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    language: language ?? '',
    text: code ?? '',
    place: `docs/${page}:${text.slice(0, index).split('\n').length + 1}`,
  }));
}
