/** `superbot --check`: judges a configuration and starts nothing. */
import { loadConfig } from '../config/load.ts';
import { chooseConfigDir, homeDirectory } from '../config/paths.ts';
import type { Environment } from '../config/paths.ts';
import { formatProblem } from '../config/problems.ts';

export interface CheckResult {
  readonly exitStatus: 0 | 1;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Problems go to stdout, a line each, and notices to stderr. With `print`, stdout is the effective
 * configuration as JSON, masked, or empty: problems then go to stderr too.
 */
export function checkConfig(from: {
  readonly home: string | undefined;
  readonly config: string | undefined;
  readonly print: boolean;
  readonly env: Environment;
  readonly workingDir: string;
}): CheckResult {
  const { config, env, workingDir, print } = from;
  const home = homeDirectory({ home: from.home, env });
  const { dir, source } = chooseConfigDir({ config, env, home, workingDir });
  const loaded = loadConfig({ configDir: dir, env });
  const notices = textOf(loaded.notices.map(formatProblem));
  if (!loaded.ok) {
    const problems = textOf(loaded.problems.map(formatProblem));
    return print
      ? { exitStatus: 1, stdout: '', stderr: notices + problems }
      : { exitStatus: 1, stdout: problems, stderr: notices };
  }
  const stdout = print
    ? JSON.stringify(loaded.masked, null, 2)
    : `the configuration in "${dir}" (chosen by ${source}) is valid`;
  return { exitStatus: 0, stdout: textOf([stdout]), stderr: notices };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
