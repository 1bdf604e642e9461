/** What the files of `run/` say, for whoever finds no daemon that would tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../rpc/system-error.ts';

/** Those whose names match, without what a power loss has damaged; empty without the folder. */
export function runFiles(runDir: string, names: RegExp): Record<string, unknown>[] {
  return namesIn(runDir)
    .filter((name) => names.test(name))
    .map((name) => parsed(readFileSync(join(runDir, name), 'utf8')))
    .filter((content) => content !== null);
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return { ...(JSON.parse(text) as object) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
