/** Tells a program of the user's: the alert as JSON on its stdin. */
import type { AlertsConfig } from '../../config/effective.ts';
import type { System } from '../system.ts';
import { type Alert, type Sender, toDocument } from './alert.ts';
import type { Deliver } from './outlet.ts';

export interface ShortCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: null;
  readonly stdin: string;
}

export interface CommandOptions {
  readonly system: System;
  readonly sender: Sender;
  readonly config: () => Pick<AlertsConfig, 'command' | 'includeOutput'>;
  /** Little of the daemon's own, and no secret of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves when nothing of it runs any more: with null after exit code 0, else with why not. */
  readonly run: (command: ShortCommand, signal: AbortSignal) => Promise<string | null>;
}

const timeoutMs = 5000;

export function commandDelivery(options: CommandOptions): Deliver<Alert> {
  const { system, sender, environment, run } = options;
  return async (alert, dropped, signal) => {
    const { command, includeOutput } = options.config();
    // Taken out of the configuration since.
    if (command === null) return null;
    const over = new AbortController();
    const timer = system.after(timeoutMs, () => over.abort());
    const stdin = JSON.stringify(toDocument(alert, dropped, sender, includeOutput)) + '\n';
    const given = { argv: command, cwd: sender.home, env: environment, user: null, stdin };
    const why = await run(given, AbortSignal.any([signal, over.signal]));
    timer.cancel();
    return why;
  };
}
