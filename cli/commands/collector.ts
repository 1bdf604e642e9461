import { Argument, type Command } from 'commander';
import type { CollectorCoverage } from '../../rpc/shapes-collector.ts';
import { showCoverage, showStatus } from '../collector-view.ts';
import { withDaemon } from '../connect.ts';
import type { RunCommand, Session } from '../session.ts';
import { sinceOption } from '../since-option.ts';
import { addCollectorQueryCommand } from './collector-query.ts';

/** `collector status|coverage|collect|query` */
export function addCollectorCommands(program: Command, run: RunCommand): void {
  const group = program
    .command('collector')
    .description('what the running collector module has collected');
  group
    .command('status')
    .description('the collectors, and how much is stored')
    .action((_options, command: Command) => run(command, status));
  group
    .command('coverage')
    .description('how complete it is, by day and stream, and where it is not')
    .addOption(sinceOption())
    .action((options: { since?: string }, command: Command) =>
      run(command, (session) => coverage(session, options.since)),
    );
  group
    .command('collect')
    .description('let a polling collector collect once, now')
    .addArgument(
      new Argument('<collector>').choices(['metadata', 'prices', 'orderbooks', 'resolutions']),
    )
    .action((collector: Polling, _options, command: Command) =>
      run(command, (session) => collect(session, collector)),
    );
  addCollectorQueryCommand(group, run);
}

type Polling = 'metadata' | 'prices' | 'orderbooks' | 'resolutions';

async function status(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('collector.status', {}));
  output.answer(result, () => showStatus(result, output, Date.now()));
}

async function coverage(session: Session, since: string | undefined): Promise<void> {
  const params = since === undefined ? {} : { since };
  const result: CollectorCoverage = await withDaemon(session, (daemon) =>
    daemon.call('collector.coverage', params),
  );
  session.output.answer(result, () => showCoverage(result, session.output, Date.now()));
}

async function collect(session: Session, collector: Polling): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) =>
    daemon.call('collector.collect', { collector }),
  );
  output.answer(result, () => output.done(`${result.collector}  ${result.items} items`));
}
