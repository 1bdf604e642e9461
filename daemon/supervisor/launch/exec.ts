/** `type: exec`: any program, executed directly, with no shell in between. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { ExecModuleConfig } from '../../../config/effective.ts';
import { LaunchError, type Launcher } from './launcher.ts';

export const launchExec: Launcher<ExecModuleConfig> = ({ command, args, cwd }, environment) => {
  const [program, ...rest] = command;
  const path = isAbsolute(program) ? program : findInPath(program, environment['PATH'] ?? '');
  if (path === null) {
    throw new LaunchError(
      `there is no program "${program}" in PATH (${environment['PATH'] ?? 'unset'})`,
    );
  }
  const problem = whyNotExecutable(path);
  if (problem !== null) throw new LaunchError(`cannot execute "${path}": ${problem}`);
  return { argv: [path, ...rest, ...args], cwd };
};

function findInPath(program: string, path: string): string | null {
  const candidates = path.split(delimiter).map((dir) => join(dir === '' ? '.' : dir, program));
  return candidates.find((candidate) => whyNotExecutable(candidate) === null) ?? null;
}

function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'it is not a file';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'it may not be executed' : 'it does not exist';
  }
}
