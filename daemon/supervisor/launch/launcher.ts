/** What a module type must answer: which program to execute. One file of this folder per type. */
import type { ModuleConfig } from '../../../config/effective.ts';

export interface LaunchPlan {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
}

/**
 * Looks everything up before anything is spawned.
 * Throws a LaunchError when the module cannot be launched as it is configured and installed.
 */
export type Launcher<C extends ModuleConfig> = (
  config: C,
  environment: Readonly<Record<string, string>>,
) => LaunchPlan;

/** The module cannot be launched (state `import_failed`): trying again changes nothing. */
export class LaunchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LaunchError';
  }
}
