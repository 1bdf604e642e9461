import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Opens the log of a process of ours for what it prints: a descriptor, to be closed by the caller.
 * Without a log it runs all the same, since modules need custody more than that: 'ignore' then.
 */
export function openOwnLog(path: string, warn: (text: string) => void): number | 'ignore' {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a', 0o600);
  } catch (error) {
    warn(`cannot open "${path}", so what it would tell is lost: ${(error as Error).message}`);
    return 'ignore';
  }
}
