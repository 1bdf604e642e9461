/** What a module type must answer: which program to execute. One file of this folder per type. */
import type { ModuleConfig } from '../../../config/effective.ts';

export interface LaunchPlan {
  /** Default: a process of its own. A thread's argv begins with the script. */
  readonly kind?: 'process' | 'thread';
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** What the type itself adds to the environment; the module's own `env` wins over it. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Looks everything up before anything is spawned.
 * Throws a LaunchError when the module cannot be launched as it is configured and installed.
 */
export type Launcher<C extends ModuleConfig> = (
  config: C,
  environment: Readonly<Record<string, string>>,
) => LaunchPlan | Promise<LaunchPlan>;

/** The module cannot be launched (state `import_failed`): trying again changes nothing. */
export class LaunchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LaunchError';
  }
}
