import type { Command } from 'commander';
import { homePaths } from '../../config/paths.ts';
import { errorCatalogue } from '../../rpc/errors.ts';
import { explain } from '../../rpc/explanation.ts';
import { hostJournal } from '../../rpc/host-trouble.ts';
import { readJournal } from '../../rpc/journal-files.ts';
import type { Explanation } from '../../rpc/shapes.ts';
import { sessionHome, withDaemonIfAny } from '../connect.ts';
import { showExplanation } from '../explanation-view.ts';
import { CliError, exitStatus } from '../failure.ts';
import { oneByOne } from '../names.ts';
import type { RunCommand, Session } from '../session.ts';
import { sinceOption } from '../since-option.ts';

/** `explain NAME… [--since TIME]` */
export function addExplainCommand(group: Command, run: RunCommand): void {
  group
    .command('explain')
    .description('what happened to modules, in order, and what to do; also without a daemon')
    .argument('<name...>', 'modules, in this order')
    .addOption(sinceOption())
    .action((names: string[], options: { since?: string }, command: Command) =>
      run(command, (session) => explainEach(session, names, options.since ?? null)),
    );
}

async function explainEach(
  session: Session,
  names: readonly string[],
  since: string | null,
): Promise<void> {
  const answered = await withDaemonIfAny(session, async (daemon) => {
    await oneByOne(session, names, null, async (module) => {
      const params = since === null ? { module } : { module, since };
      show(session, await daemon.call('module.explain', params), since);
    });
    return true;
  });
  if (answered !== null) return;
  const { journalDir } = homePaths(sessionHome(session.options));
  session.output.note(`the daemon is not running: this is what the journal in ${journalDir} tells`);
  await oneByOne(session, names, null, (module) => {
    show(session, fromJournal(journalDir, module, since), since);
    return Promise.resolve();
  });
}

function fromJournal(journalDir: string, module: string, since: string | null): Explanation {
  const journal = readJournal(journalDir, module);
  const host = readJournal(journalDir, hostJournal) ?? [];
  if (journal !== null) return explain({ module, since }, { journal, host }, null);
  const problem = `nothing is recorded of a module "${module}" in ${journalDir}`;
  throw new CliError(exitStatus.notFound, problem, errorCatalogue.notFound.code);
}

function show({ output }: Session, explanation: Explanation, since: string | null): void {
  output.answer(explanation, () => showExplanation(explanation, output, since !== null));
}
