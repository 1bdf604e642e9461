import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StressEventKind } from '../../rpc/shapes-stress.ts';
import { withDaemon } from '../connect.ts';
import { CliError, exitStatus } from '../failure.ts';
import type { RunCommand, Session } from '../session.ts';
import { sinceOption } from '../since-option.ts';
import { addStressHistoryCommand } from './stress-history.ts';

interface EventsOptions {
  readonly last: number;
  readonly since?: string;
  readonly kind?: StressEventKind;
}

interface PruneOptions {
  readonly dryRun?: boolean;
  readonly samplesDays?: number;
  readonly eventsDays?: number;
}

const eventsMax = 200;
const daysMax = 36_500;

/**
 * `stress status|events|show|history|prune|watch`. What they show with is loaded when one of them
 * runs, so that it costs other commands nothing.
 */
export function addStressCommands(program: Command, run: RunCommand): void {
  const group = program
    .command('stress')
    .description('how the host itself is: stress, pauses, and what was captured of them');
  group
    .command('status')
    .description('how stressed it is now, and why')
    .action((_options, command: Command) => run(command, status));
  group
    .command('watch')
    .description('all of it on one screen that keeps itself up to date')
    .action((_options, command: Command) => run(command, watch));
  group
    .command('events')
    .description('its pauses and episodes of stress, the newest first')
    .option('-n, --last <count>', `at most, up to ${eventsMax}`, parseLast, 20)
    .addOption(sinceOption())
    .addOption(new Option('--kind <kind>', 'only these').choices(['pause', 'elevated', 'critical']))
    .action((options: EventsOptions, command: Command) =>
      run(command, (session) => events(session, options)),
    );
  group
    .command('show')
    .description('one of them: its culprits, what came before it, what was captured')
    .argument('<event>', 'its number, as events lists them', parseId)
    .action((id: number, _options, command: Command) =>
      run(command, (session) => show(session, id)),
    );
  addStressHistoryCommand(group, run);
  group
    .command('prune')
    .description('remove samples, events and captures older than is kept, without waiting for it')
    .option('--dry-run', 'only tell how many that would be')
    .option('--samples-days <days>', 'default: as configured', parseDays)
    .option('--events-days <days>', 'and captures; default: as configured', parseDays)
    .action((options: PruneOptions, command: Command) =>
      run(command, (session) => prune(session, options)),
    );
}

async function status(session: Session): Promise<void> {
  const { output } = session;
  const { showStressStatus } = await import('../stress/late.ts');
  const result = await withDaemon(session, (daemon) => daemon.call('stress.status', {}));
  output.answer(result, () => showStressStatus(result, output, Date.now()));
}

async function watch(session: Session): Promise<void> {
  const { output } = session;
  if (output.json || !output.isTerminal || !process.stdin.isTTY) {
    const instead = '"stress status" prints once, "events stress.**" whatever comes';
    throw new CliError(exitStatus.usage, `the watch screen needs a terminal: ${instead}`);
  }
  const { watchStress } = await import('../stress/late.ts');
  await watchStress(session, withDaemon);
}

async function events(session: Session, { last, since, kind }: EventsOptions): Promise<void> {
  const { output } = session;
  const { showEvents } = await import('../stress/late.ts');
  const params = {
    limit: last,
    ...(since === undefined ? {} : { since }),
    ...(kind === undefined ? {} : { kind }),
  };
  const result = await withDaemon(session, (daemon) => daemon.call('stress.events', params));
  output.answer(result, () => showEvents(result.events, output, Date.now()));
}

async function show(session: Session, id: number): Promise<void> {
  const { output } = session;
  const { showEvent } = await import('../stress/late.ts');
  const [detail, { sampling }] = await withDaemon(session, (daemon) =>
    Promise.all([daemon.call('stress.show', { id }), daemon.call('stress.status', {})]),
  );
  output.answer(detail, () => showEvent(detail, sampling, output, Date.now()));
}

async function prune(session: Session, options: PruneOptions): Promise<void> {
  const { output } = session;
  const { dryRun, samplesDays, eventsDays } = options;
  const params = {
    ...(dryRun === true ? { dry_run: true } : {}),
    ...(samplesDays === undefined ? {} : { samples_days: samplesDays }),
    ...(eventsDays === undefined ? {} : { events_days: eventsDays }),
  };
  const result = await withDaemon(session, (daemon) => daemon.call('stress.prune', params));
  const what = `${result.samples} samples, ${result.events} events, ${result.folders} captures`;
  output.answer(result, () =>
    output.done(result.dry_run ? `would remove ${what}` : `removed ${what}`),
  );
}

function parseLast(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= eventsMax) return count;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${eventsMax}.`);
}

function parseId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected the number of an event, as "stress events" lists them.');
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && days <= daysMax) return days;
  throw new InvalidArgumentError(`expected days, from 0 to ${daysMax}.`);
}
