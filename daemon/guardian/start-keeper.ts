/** Starts a keeper process that outlives the daemon: own session, no open files of the daemon's. */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { programFile } from '../../config/program-file.ts';
import { openOwnLog } from '../keeper/own-log.ts';
import { notifyVariable, type StartReport } from '../notify.ts';

const program = programFile(join(import.meta.dirname, '..', 'keeper'));
const startTimeoutMs = 10_000;
/** Both keep the heap small: little garbage is kept, and it is collected before the heap grows. */
const heapFlags = ['--max-semi-space-size=1', '--optimize-for-size'];

/**
 * Resolves with its pid once it listens; rejects with its own words when it cannot start.
 * @param lonelyMs how long it stays without children and without a daemon; null for its default
 */
export async function startKeeper(
  home: string,
  logPath: string,
  lonelyMs: number | null,
  warn: (text: string) => void,
): Promise<number> {
  const log = openOwnLog(logPath, warn);
  try {
    const args = [program, home, ...(lonelyMs === null ? [] : [String(lonelyMs)])];
    const child = spawn(process.execPath, [...heapFlags, ...args], {
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      // Nothing of the daemon's environment: secrets have no business in the keeper.
      env: { PATH: process.env['PATH'], [notifyVariable]: '3' },
    });
    child.unref();
    const answer = child.stdio[3] as Readable;
    const deadline = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    const [line] = await Promise.all([
      text(answer),
      new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      }),
    ]).finally(() => clearTimeout(deadline));
    if (line === '') throw new Error(`the keeper died at its start; see ${logPath}`);
    const report = JSON.parse(line) as StartReport;
    if (!report.ready) throw new Error(report.error);
    return report.pid;
  } finally {
    if (log !== 'ignore') closeSync(log);
  }
}
