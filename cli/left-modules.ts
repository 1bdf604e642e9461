/** Modules that run on although neither their daemon nor a keeper does, since both were killed. */
import { homePaths } from '../config/paths.ts';
import { CliError, exitStatus } from './failure.ts';
import { processIdentity } from './process-life.ts';
import { runFiles } from './run-files.ts';

const shownMax = 20;

/** @throws {CliError} that names them, because nobody is there who would end them */
export function refuseLeftModules(home: string): void {
  const left = leftModules(homePaths(home).runDir);
  if (left.length === 0) return;
  const shown = left.slice(0, shownMax).map(({ name, pid }) => `${name} (pid ${pid})`);
  const more = left.length > shownMax ? ` and ${left.length - shownMax} more` : '';
  throw new CliError(
    exitStatus.failed,
    `the daemon was not running, nor its keeper, but modules are: ${shown.join(', ')}${more} — \`superbot-cli daemon start\` takes them over, \`superbot-cli daemon stop\` then ends them`,
  );
}

/** The record of a launch names exactly one run of a process. */
export function leftModules(runDir: string): { name: string; pid: number }[] {
  return runFiles(runDir, /^[a-z][a-z0-9_-]*\.json$/).flatMap((record) => {
    const { pid = 0, startTime } = {
      ...(record['identity'] as { pid?: number; startTime?: string }),
    };
    const isLeft = pid > 0 && processIdentity(pid) === startTime;
    return isLeft ? [{ name: String(record['name']), pid }] : [];
  });
}
