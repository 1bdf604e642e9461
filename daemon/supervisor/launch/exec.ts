/** `type: exec`: any program, executed directly, with no shell in between. */
import type { ExecModuleConfig } from '../../../config/effective.ts';
import { findProgram } from './find-program.ts';
import type { Launcher } from './launcher.ts';

export const launchExec: Launcher<ExecModuleConfig> = ({ command, args, cwd }, environment) => {
  const [program, ...rest] = command;
  const path = findProgram([program], environment['PATH'] ?? '');
  return { argv: [path, ...rest, ...args], cwd };
};
