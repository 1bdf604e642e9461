/**
 * A keeper whose daemon is gone: it holds the modules, and may be about to start the next daemon.
 * Asked with SIGTERM it ends its modules by their own rules, and then itself.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { homePaths } from '../config/paths.ts';
import { errorCatalogue } from '../rpc/errors.ts';
import { hasCode } from '../rpc/system-error.ts';
import { CliError, exitStatus } from './failure.ts';
import { processIdentity } from './process-life.ts';
import { runFiles } from './run-files.ts';

const pollMs = 25;

/**
 * Ends the keepers of a home that no daemon has, and resolves when they are gone.
 *
 * @throws {CliError} when one is still there after `timeoutMs`; it goes on ending its modules
 * @throws the signal's reason when it is aborted
 */
export async function endLoneKeepers(
  home: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const keepers = livingKeepers(homePaths(home).runDir);
  for (const { pid } of keepers) askToEnd(pid);
  const deadlineMs = performance.now() + timeoutMs;
  for (const { pid, identity } of keepers) {
    while (processIdentity(pid) === identity) {
      if (performance.now() >= deadlineMs) throw stillThere(pid, timeoutMs);
      await delay(pollMs, undefined, { signal });
    }
  }
}

function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It went by itself meanwhile.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

export interface Keeper {
  readonly pid: number;
  readonly identity: string;
}

/** Those that run: a pid that is another process's by now names no keeper. */
export function livingKeepers(runDir: string): Keeper[] {
  return runFiles(runDir, /^keeper-\d+\.identity$/).flatMap((file) => {
    const { pid = 0, startTime = '' } = file as { pid?: number; startTime?: string };
    return pid > 0 && processIdentity(pid) === startTime ? [{ pid, identity: startTime }] : [];
  });
}

function stillThere(pid: number, timeoutMs: number): CliError {
  return new CliError(
    exitStatus.timeout,
    `the daemon was not running, and its keeper (pid ${pid}) has not ended the modules within ${timeoutMs / 1000} s; it goes on`,
    errorCatalogue.timeout.code,
  );
}
