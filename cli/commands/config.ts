import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MethodResult } from '../../rpc/contract.ts';
import type { PlanEntry } from '../../rpc/shapes.ts';
import { checkWithoutDaemon } from '../config-check.ts';
import { withDaemon, withDaemonIfAny } from '../connect.ts';
import { escapeControls } from '../display.ts';
import { CliError, exitStatus } from '../failure.ts';
import type { RunCommand, Session } from '../session.ts';
import type { Column } from '../table.ts';

const planColumns: readonly Column<PlanEntry>[] = [
  { title: 'MODULE', value: ({ module }) => module ?? '-', priority: 0 },
  { title: 'ACTION', value: ({ action }) => action, priority: 0 },
  {
    title: 'WHY',
    value: ({ key, reason }) => (key === undefined ? reason : `${key}: ${reason}`),
    priority: 1,
  },
];

type Validation = MethodResult<'config.validate'>;

/** `config show|validate|reload` */
export function addConfigCommands(program: Command, run: RunCommand): void {
  const group = program.command('config').description('look at the configuration and check it');
  group
    .command('show')
    .description('the effective configuration; secrets are shown as ***')
    .action((_options, command: Command) => run(command, show));
  group
    .command('validate')
    .description('every mistake in the files as they are now')
    .argument('[dir]', "another configuration directory than the daemon's")
    .action((dir: string | undefined, _options, command: Command) =>
      run(command, (session) => validate(session, dir)),
    );
  group
    .command('reload')
    .description('put the files in force as they are now; what did not change runs on')
    .option('--dry-run', 'only say what would be done')
    .action(({ dryRun = false }: { dryRun?: boolean }, command: Command) =>
      run(command, (session) => reload(session, dryRun)),
    );
}

async function show(session: Session): Promise<void> {
  const { output } = session;
  const answer = await withDaemonIfAny(session, (daemon) => daemon.call('config.show', {}));
  const document = answer ?? (await showWithoutDaemon(session));
  output.answer(document, () => {
    const text = JSON.stringify(document, null, 2);
    output.line(output.isTerminal ? escapeControls(text, '\n') : text);
  });
}

async function showWithoutDaemon(session: Session): Promise<unknown> {
  const { isValid, stdout, stderr } = await checkWithoutDaemon(session, ['--print']);
  if (!isValid)
    throw new CliError(exitStatus.failed, 'the configuration is not valid', null, {
      problems: linesOf(stderr),
    });
  for (const notice of linesOf(stderr)) session.output.note(notice);
  return JSON.parse(stdout);
}

async function reload(session: Session, dryRun: boolean): Promise<void> {
  const { output } = session;
  const answer = await withDaemon(session, (daemon) =>
    daemon.call('daemon.reload_config', { dry_run: dryRun }),
  );
  output.answer(answer, () => {
    const entries = answer.plan.filter(({ action }) => action !== 'none');
    if (entries.length > 0) output.table(planColumns, entries);
    if (!answer.changed) output.done('nothing to change');
    else
      output.done(
        dryRun ? 'nothing was done: this was a dry run' : 'the configuration is in force',
      );
  });
}

/** Exits 1 when there are problems: the answer is complete then, but not the one hoped for. */
async function validate(session: Session, given: string | undefined): Promise<void> {
  const { output } = session;
  const dir = given === undefined ? undefined : resolve(given);
  const answer = await withDaemonIfAny(session, (daemon) =>
    daemon.call('config.validate', dir === undefined ? {} : { dir }),
  );
  const validation = answer ?? (await validateWithoutDaemon(session, dir));
  output.answer(validation, () => {
    for (const problem of validation.problems) output.line(escapeControls(problem));
    for (const notice of validation.notices) output.note(notice);
    if (validation.problems.length === 0) output.done('the configuration is valid');
  });
  if (validation.problems.length > 0) process.exitCode = exitStatus.failed;
}

async function validateWithoutDaemon(
  session: Session,
  dir: string | undefined,
): Promise<Validation> {
  const args = dir === undefined ? [] : ['--config', dir];
  const { isValid, stdout, stderr } = await checkWithoutDaemon(session, args);
  return { problems: isValid ? [] : linesOf(stdout), notices: linesOf(stderr) };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
