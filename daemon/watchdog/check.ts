/** One check of one module, in the way that is configured for it. */
import type { ModuleConfig } from '../../config/effective.ts';
import { ConnectionClosedError, RpcError } from '../../rpc/errors.ts';
import type { ModuleSaid } from '../../rpc/shapes-health.ts';
import { httpProbe, type Probe, tcpProbe } from '../probes.ts';
import { readLinkAnswer } from './link-answer.ts';

export type CheckOutcome =
  | { readonly kind: 'well'; readonly said: ModuleSaid | null }
  | {
      readonly kind: 'ill';
      readonly why: string;
      readonly restartHelps: boolean;
      readonly said: ModuleSaid | null;
    }
  | { readonly kind: 'unasked' };

/** A launch that is asked for its health. */
export interface CheckedModule {
  readonly name: string;
  readonly launch: string;
  readonly startedMonotonicMs: number;
  readonly config: Pick<ModuleConfig, 'health' | 'restart' | 'ready'>;
}

/** How a module is reached. */
export interface CheckWays {
  /**
   * Null when it has no link. Rejects as calls do: without an answer, with an error, link lost; with
   * `parse` when what came until the signal was no answer.
   */
  readonly askLink: (module: string, signal: AbortSignal) => Promise<unknown> | null;
  /** Runs a command for this launch until it has ended, or the signal ends it; null when it is well. */
  readonly runCommand: (
    module: string,
    command: readonly [string, ...string[]],
    signal: AbortSignal,
  ) => Promise<string | null>;
}

/** Never rejects for anything that a module does. The signal is the check's deadline. */
export function check(
  module: CheckedModule,
  ways: CheckWays,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const { check: how } = module.config.health;
  switch (how.kind) {
    case 'link':
      return checkLink(module, ways, signal);
    case 'http':
      return probed(httpProbe(how.url), signal);
    case 'tcp':
      return probed(tcpProbe(how.port), signal);
    case 'exec':
      return probed((deadline) => ways.runCommand(module.name, how.command, deadline), signal);
  }
}

/** To get ready by its link it must have had one. */
export function expectsLink({ config }: CheckedModule): boolean {
  return config.ready.kind === 'link';
}

async function checkLink(
  module: CheckedModule,
  { askLink }: CheckWays,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const answer = askLink(module.name, signal);
  if (answer === null) return expectsLink(module) ? linkAway : { kind: 'unasked' };
  try {
    return readLinkAnswer(await answer);
  } catch (error) {
    if (error instanceof RpcError && error.is('parse'))
      return ill(`no answer to link.health in time: ${error.message}`);
    if (signal.aborted) return ill('its event loop hangs: no answer in time');
    if (error instanceof ConnectionClosedError) return linkAway;
    if (!(error instanceof RpcError)) throw error;
    // A module that speaks the protocol by itself and answers nothing to this is well: it answers.
    if (error.is('methodNotFound')) return { kind: 'well', said: null };
    return ill(`its answer to link.health is an error: ${error.message.slice(0, 500)}`);
  }
}

async function probed(probe: Probe, signal: AbortSignal): Promise<CheckOutcome> {
  const why = await probe(signal);
  return why === null ? { kind: 'well', said: null } : ill(why);
}

function ill(why: string): CheckOutcome {
  return { kind: 'ill', why, restartHelps: true, said: null };
}

/** The module may work on, and connects again by itself: no reason to end it. */
const linkAway: CheckOutcome = {
  kind: 'ill',
  why: 'its link to the daemon is away',
  restartHelps: false,
  said: null,
};
