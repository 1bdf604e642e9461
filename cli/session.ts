import type { Command } from 'commander';
import type { Output } from './output.ts';

/** The options that every command takes, as given. */
export interface GlobalOptions {
  readonly home?: string;
  /** An endpoint, as in the `endpoint` file. */
  readonly socket?: string;
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout?: number;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly quiet?: boolean;
}

/** What one command works with. */
export interface Session {
  readonly options: GlobalOptions;
  readonly output: Output;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/**
 * Runs what a command does: whatever it throws is told to the user once and sets the exit status.
 * Every action of every command goes through it.
 */
export type RunCommand = (
  command: Command,
  action: (session: Session) => Promise<void>,
) => Promise<void>;
