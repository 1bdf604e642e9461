/** The text of a configuration file, or why it cannot be had. */
import { readFileSync, statSync } from 'node:fs';

const bytesMax = 1024 * 1024;

export type Source =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string };

/** Reads UTF-8 of at most 1 MB from a plain file: reading a pipe or a device could wait for ever. */
export function readSource(path: string): Source {
  let bytes: Buffer;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return unreadable('is not a file, expected a text file');
    if (stats.size > bytesMax)
      return unreadable(`is too large (${stats.size} bytes), expected at most 1 MB`);
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    return unreadable(`cannot be read (${code}), expected a file that this user may read`);
  }
  const text = decoded(bytes);
  if (text === null) return unreadable('is not UTF-8 text, expected a text file');
  return { kind: 'text', text };
}

function unreadable(message: string): Source {
  return { kind: 'unreadable', message };
}

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
