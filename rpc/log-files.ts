/**
 * The logs as they lie in the home, which are as much part of the contract as the wire: the daemon
 * reads them, and the CLI does when no daemon answers. `<module>.log` is the newest part,
 * `<module>.log.1` the one before it, and so on; each line is a LogLine as JSON.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLevel, LogLine } from './shapes.ts';
import { linesBackward } from './backward-lines.ts';

export interface LogSelection {
  /** Null for all. */
  readonly module: string | null;
  readonly level: LogLevel | null;
  /** ISO-8601 UTC. */
  readonly since: string | null;
  readonly lines: number;
}

/**
 * The last stored lines that match, oldest first, merged by time where several modules match. Null
 * when the module that was asked for has no log; a home without logs has no lines.
 */
export async function tailFiles(
  logsDir: string,
  selection: LogSelection,
): Promise<LogLine[] | null> {
  const names = await namesIn(logsDir);
  const modules = names.flatMap((name) => /^([^.]+)\.log$/.exec(name)?.[1] ?? []);
  if (selection.module !== null && !modules.includes(selection.module)) return null;

  const merged: LogLine[] = [];
  for (const module of modules) {
    if (selection.module !== null && module !== selection.module) continue;
    merged.push(...(await tailModule(logsDir, partsOf(module, names), selection)));
  }
  // Stable, so lines of one module keep their order within one millisecond.
  merged.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return selection.lines === 0 ? [] : merged.slice(-selection.lines);
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
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The files of one module, newest first. */
function partsOf(module: string, names: readonly string[]): string[] {
  const rotated = names.flatMap((name) => {
    const number = name.startsWith(`${module}.log.`) ? name.slice(module.length + 5) : '';
    return /^\d+$/.test(number) ? [{ name, number: Number(number) }] : [];
  });
  rotated.sort((a, b) => a.number - b.number);
  return [`${module}.log`, ...rotated.map(({ name }) => name)];
}

async function tailModule(
  logsDir: string,
  parts: readonly string[],
  { level, since, lines }: LogSelection,
): Promise<LogLine[]> {
  const newestFirst: LogLine[] = [];
  for (const part of parts) {
    for await (const text of linesBackward(join(logsDir, part))) {
      if (newestFirst.length >= lines) return newestFirst.reverse();
      const line = parseLogLine(text);
      if (line === null) continue;
      if (since !== null && line.time < since) return newestFirst.reverse();
      if (level === null || isAtLeast(line, level)) newestFirst.push(line);
    }
  }
  return newestFirst.reverse();
}

/** A stored line; null for what is none, such as the half line that a power loss leaves. */
export function parseLogLine(text: string): LogLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return isLogLine(value) ? value : null;
}

function isLogLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null) return false;
  const { time, module, text } = value as Partial<Record<string, unknown>>;
  return typeof time === 'string' && typeof module === 'string' && typeof text === 'string';
}
