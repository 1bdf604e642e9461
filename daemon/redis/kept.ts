/** A value of the cache as Redis has it. Any program may write there, so it is not simply believed. */
import type { ChainableCommander } from 'ioredis';
import type { Kept } from '../cache/store.ts';

/** More than a value may have; one that is longer was not written by a daemon. */
const bytesMax = 2 * 1024 * 1024;
/** Of a value that somebody has written without an end. */
const endlessMs = 3_600_000;

/** A range and not the whole: what others have written may be larger than this process. */
export function readCommands(pipeline: ChainableCommander, key: string): void {
  pipeline.getrange(key, 0, bytesMax).pttl(key);
}

/** Null when there is nothing, or nothing that can go into an answer. Pure. */
export function keptOf([text, leftMs]: readonly unknown[]): Kept | null {
  if (typeof text !== 'string' || typeof leftMs !== 'number') return null;
  // -2: it is gone.
  if (leftMs === -2 || leftMs === 0 || !isJsonLine(text)) return null;
  return { text, leftMs: leftMs === -1 ? endlessMs : leftMs };
}

function isJsonLine(text: string): boolean {
  if (Buffer.byteLength(text) > bytesMax || /[\n\r]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
