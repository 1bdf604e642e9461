import { type Command, InvalidArgumentError, Option } from 'commander';
import { withDaemon } from '../connect.ts';
import { CliError, exitStatus } from '../failure.ts';
import { openTarget } from '../row-target.ts';
import type { RunCommand, Session } from '../session.ts';

type HistoryFormat = 'chart' | 'table' | 'json' | 'csv';

interface HistoryOptions {
  readonly hours: number;
  readonly format?: HistoryFormat;
  readonly points?: number;
}

const hoursMax = 24 * 366;
const pointsMax = 10_000;
/** Half an hour each, of a day. */
const tablePoints = 48;
const formats: readonly HistoryFormat[] = ['chart', 'table', 'json', 'csv'];

/** `stress history [-H 24] [-f chart|table|json|csv] [--points N]` */
export function addStressHistoryCommand(group: Command, run: RunCommand): void {
  group
    .command('history')
    .description('its stress over time, a chart of the last day')
    .addOption(new Option('-H, --hours <hours>', 'so far back').argParser(parseHours).default(24))
    .addOption(
      new Option('-f, --format <format>', 'default: chart; json with --json').choices(formats),
    )
    .option(
      '--points <count>',
      `so many rows, the peak of each stretch (default: ${tablePoints} in a table, else every sample)`,
      parsePoints,
    )
    .action((options: HistoryOptions, command: Command) =>
      run(command, (session) => history(session, options)),
    );
}

async function history(session: Session, options: HistoryOptions): Promise<void> {
  const { output } = session;
  const format = options.format ?? (output.json ? 'json' : 'chart');
  const { hours, points } = options;
  if (format === 'chart' && points !== undefined) {
    const message = 'a chart has as many points as fit: --points is for -f table, json and csv';
    throw new CliError(exitStatus.usage, message);
  }
  const late = await import('../stress/late.ts');
  const span = late.historySpan(hours);
  const wanted = late.wantedOf(span);
  await withDaemon(session, async (daemon) => {
    if (format === 'chart') return late.showChart(output, daemon, span);
    if (format === 'table') {
      return late.showTable(output, daemon, { ...wanted, points: points ?? tablePoints });
    }
    const target = await openTarget(output, null);
    const asked = points === undefined ? wanted : { ...wanted, points };
    return late.writeRows(output, target, daemon, asked, format);
  });
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && hours > 0 && hours <= hoursMax) return hours;
  throw new InvalidArgumentError(`expected hours, more than 0 and at most ${hoursMax}.`);
}

function parsePoints(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= pointsMax) return count;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${pointsMax}.`);
}
