/** Exits in words, and what they mean. Pure. */
import type { ChildReport, ExitReport } from '../keeper/protocol.ts';
import type { System } from '../system.ts';
import type { ModuleFacts } from './facts.ts';
import type { RestartPolicy } from './restart.ts';

export type ExitMeaning =
  /** It could not load what it needs: trying again changes nothing. */
  | { readonly kind: 'import_failure'; readonly why: string }
  /** Did its work, before it was ready or later. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'crash'; readonly why: string };

/** What an exit that nobody asked for means. */
export function meaningOf(
  exit: ExitReport,
  { wasReady, policy }: { wasReady: boolean; policy: RestartPolicy['policy'] },
): ExitMeaning {
  const why = wasReady ? null : importFailure(exit);
  if (why !== null) return { kind: 'import_failure', why };
  if (exit.code === 0 && policy !== 'always') return { kind: 'finished' };
  return { kind: 'crash', why: describeExit(exit) };
}

export function describeExit({ code, signal, reason }: ExitReport): string {
  if (reason === 'custody_lost') return 'ended while nobody could see how';
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

/** What Node and Python print when something to import is not installed. */
const importError =
  /^ModuleNotFoundError: |^Error \[ERR_MODULE_NOT_FOUND\]|^Error: Cannot find module /;
/** waitress's way of saying it, before it exits with 0. */
const waitressError = "1. No module named '";
/** What Node prints after the error itself: stack, properties, its version. */
const afterword = /^(?:\s|[}\]]|- |Require stack:$|Node\.js v\d|$)/;

/**
 * The line in which Node or Python says that a module to import is not installed; null when the
 * module ended for another reason. Only the last words count: a program that met the error, went on
 * and crashed later is worth another try.
 */
export function importFailure({ code, output }: ExitReport): string | null {
  if (code === null) return null;
  const last = output.findLast((line) => !afterword.test(line));
  if (last === undefined) return null;
  return last.startsWith(waitressError) || (code !== 0 && importError.test(last)) ? last : null;
}

/**
 * How the present launch ended while one keeper took over from another; null when it lives on.
 * @param child what the new keeper has of the module
 */
export function exitBetweenKeepers(
  { launch, logSeq }: ModuleFacts,
  child: ChildReport | null,
  { system }: { system: System },
): ExitReport | null {
  // Without a process the spawn is still to be answered, and its answer tells.
  if (!launch?.process) return null;
  if (child?.launch === launch.id) return child.exit;
  const at = new Date(system.now()).toISOString();
  const uptimeMs = system.monotonicMs() - launch.process.startedMonotonicMs;
  return {
    code: null,
    signal: null,
    reason: 'custody_lost',
    at,
    uptimeMs,
    output: [],
    seq: logSeq,
  };
}
