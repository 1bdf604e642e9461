/**
 * The logs as they lie in the home, which are as much part of the contract as the wire: the daemon
 * reads them, and the CLI does when no daemon answers. `<module>.log` is the newest part,
 * `<module>.log.1` the one before it, and so on; each line is a LogLine as JSON.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { linesBackward } from './backward-lines.ts';
import type { LogLevel, LogLine } from './shapes.ts';
import { parseStoredLine } from './stored-line.ts';
import { hasCode, notAFolder } from './system-error.ts';

export interface LogSelection {
  /** Null for all. */
  readonly module: string | null;
  readonly level: LogLevel | null;
  /** ISO-8601 UTC. */
  readonly since: string | null;
  readonly lines: number;
}

/** More text than `lengthMax` was asked for. */
export class TooMuchLogError extends Error {
  constructor() {
    super('the selected log lines are too long together — ask for fewer');
    this.name = 'TooMuchLogError';
  }
}

/**
 * The last stored lines that match, oldest first, merged by time where several modules match. Null
 * when the module that was asked for has no log; a home without logs has no lines. Rejects with
 * TooMuchLogError when the lines of one module, or those chosen, take more than `lengthMax` UTF-16
 * units as stored.
 */
export async function tailFiles(
  logsDir: string,
  selection: LogSelection,
  lengthMax = Infinity,
): Promise<LogLine[] | null> {
  const names = await namesIn(logsDir);
  const modules = names.flatMap((name) => /^([^.]+)\.log$/.exec(name)?.[1] ?? []);
  if (selection.module !== null && !modules.includes(selection.module)) return null;

  let merged: Stored[] = [];
  for (const module of modules) {
    if (selection.module !== null && module !== selection.module) continue;
    const lines = await tailModule(logsDir, partsOf(module, names), selection, lengthMax);
    merged = lastByTime([...merged, ...lines], selection.lines);
    requireWithin(lengthMax, merged);
  }
  return merged.map(({ line }) => line);
}

interface Stored {
  readonly line: LogLine;
  readonly length: number;
}

/** Cut after each module, so that no more is held than is asked for. */
function lastByTime(stored: Stored[], count: number): Stored[] {
  // Stable, so lines of one module keep their order within one millisecond.
  stored.sort(({ line: a }, { line: b }) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return count === 0 ? [] : stored.slice(-count);
}

function requireWithin(lengthMax: number, stored: readonly Stored[]): void {
  const length = stored.reduce((sum, each) => sum + each.length, 0);
  if (length > lengthMax) throw new TooMuchLogError();
}

/** Levels from the least to the most severe. */
export const logLevels = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
] as const satisfies readonly LogLevel[];

/** Whether a line passes a least level; lines without a level count as info. */
export function isAtLeast(line: Pick<LogLine, 'level'>, level: LogLevel): boolean {
  return logLevels.indexOf(line.level ?? 'info') >= logLevels.indexOf(level);
}

async function namesIn(logsDir: string): Promise<string[]> {
  try {
    return (await readdir(logsDir)).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    if (hasCode(error, 'ENOTDIR')) throw notAFolder('the logs', logsDir);
    throw error;
  }
}

/**
 * The files of one module, newest first, and one more: the oldest may be renamed to it, with the
 * others, while they are read.
 */
function partsOf(module: string, names: readonly string[]): string[] {
  const numbers = names.flatMap((name) => {
    const number = name.startsWith(`${module}.log.`) ? name.slice(module.length + 5) : '';
    return /^\d+$/.test(number) ? [Number(number)] : [];
  });
  numbers.sort((a, b) => a - b);
  const next = (numbers.at(-1) ?? 0) + 1;
  return [`${module}.log`, ...[...numbers, next].map((number) => `${module}.log.${number}`)];
}

async function tailModule(
  logsDir: string,
  parts: readonly string[],
  { level, since, lines }: LogSelection,
  lengthMax: number,
): Promise<Stored[]> {
  const newestFirst: Stored[] = [];
  let length = 0;
  // A part that was renamed meanwhile is met again, under its new name.
  let seqMax = Infinity;
  for (const part of parts) {
    for await (const text of linesOf(join(logsDir, part))) {
      if (newestFirst.length >= lines) return newestFirst.reverse();
      const line = parseLogLine(text);
      if (line === null || line.seq >= seqMax) continue;
      seqMax = line.seq;
      if (since !== null && line.time < since) return newestFirst.reverse();
      if (level !== null && !isAtLeast(line, level)) continue;
      newestFirst.push({ line, length: text.length });
      length += text.length;
      if (length > lengthMax) throw new TooMuchLogError();
    }
  }
  return newestFirst.reverse();
}

/** From the last to the first; none when the part is not there, or not yet there again. */
async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  try {
    yield* linesBackward(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** A stored line; null for what is none. */
export function parseLogLine(text: string): LogLine | null {
  return parseStoredLine(text, isLogLine);
}

function isLogLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null) return false;
  const { time, module, text } = value as Partial<Record<string, unknown>>;
  return typeof time === 'string' && typeof module === 'string' && typeof text === 'string';
}
