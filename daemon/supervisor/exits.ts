/** Exits in words, and what a module's last words say about why it could not be launched. */
import type { ExitReport } from '../keeper/protocol.ts';

export function describeExit({ code, signal, reason }: ExitReport): string {
  if (reason === 'custody_lost') return 'ended while nobody could see how';
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

/**
 * The line in which Node or Python says that a module to import is not installed; null when the
 * module ended for another reason.
 */
export function importFailure({ code, output }: ExitReport): string | null {
  if (code === 0 || code === null) return null;
  const line = output.findLast((text) =>
    /^ModuleNotFoundError: |\[ERR_MODULE_NOT_FOUND\]|^Error: Cannot find module /.test(text),
  );
  return line ?? null;
}

/** Stands for an exit that nobody saw. */
export function unseenExit(nowMs: number, uptimeMs: number, seq: number): ExitReport {
  const at = new Date(nowMs).toISOString();
  return { code: null, signal: null, reason: 'custody_lost', at, uptimeMs, output: [], seq };
}
