import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { QueryKind } from '../../rpc/shapes-collector.ts';
import { collectedPages, type RowsWanted } from '../collected-pages.ts';
import { csvHeader, type RowFormat, rowText, tableColumns } from '../collected-rows.ts';
import { type DaemonConnection, withDaemon } from '../connect.ts';
import { CliError, exitStatus } from '../failure.ts';
import { openProgress } from '../progress.ts';
import { openTarget } from '../row-target.ts';
import type { RunCommand, Session } from '../session.ts';
import { formatDuration, parseSince } from '../time.ts';

interface QueryOptions {
  readonly from: string;
  readonly to: string;
  readonly token?: string;
  readonly limit?: number;
  readonly format?: RowFormat;
  readonly output?: string;
}

interface Export {
  readonly wanted: RowsWanted;
  readonly format: 'csv' | 'ndjson';
  readonly file: string | null;
  readonly rowsMax: number;
}

const tableRowsMax = 100;

/** `collector query trades|prices|books [--from] [--to] [--token] [--limit] [--format] [--output]` */
export function addCollectorQueryCommand(group: Command, run: RunCommand): void {
  const time = 'a date, or a time back from now: 30s, 10m, 2h, 1d';
  group
    .command('query')
    .description('collected rows, oldest first: a table, or all of them as CSV or NDJSON')
    .addArgument(new Argument('<kind>', 'what to show').choices(['trades', 'prices', 'books']))
    .addOption(new Option('--from <time>', time).argParser(parseTime).default('1h'))
    .addOption(new Option('--to <time>', `not in it; ${time}`).argParser(parseTime).default('0s'))
    .option('--token <id>', 'of this token alone')
    .option('--limit <rows>', `at most (default: ${tableRowsMax} in a table, else all)`, parseLimit)
    .addOption(
      new Option(
        '--format <format>',
        'default: table; with --output by the name of the file',
      ).choices(['table', 'csv', 'ndjson']),
    )
    .option('-o, --output <file>', 'write there; the file appears when it is complete')
    .action((kind: QueryKind, options: QueryOptions, command: Command) =>
      run(command, (session) => query(session, kind, options)),
    );
}

async function query(session: Session, kind: QueryKind, options: QueryOptions): Promise<void> {
  const { token, limit } = options;
  const nowMs = Date.now();
  const wanted: RowsWanted = {
    kind,
    from: parseSince(options.from, nowMs) ?? options.from,
    to: parseSince(options.to, nowMs) ?? options.to,
    ...(token === undefined ? {} : { token }),
  };
  if (Date.parse(wanted.from) >= Date.parse(wanted.to)) {
    const message = `--from (${wanted.from}) is not before --to (${wanted.to})`;
    throw new CliError(exitStatus.usage, message);
  }
  const format = formatOf(options, session.output.json);
  await withDaemon(session, async (daemon) => {
    if (format === 'table') await showTable(session, daemon, wanted, limit ?? tableRowsMax);
    else {
      const rowsMax = limit ?? Number.MAX_SAFE_INTEGER;
      await exportRows(session, daemon, { wanted, format, file: options.output ?? null, rowsMax });
    }
  });
}

async function showTable(
  { output }: Session,
  daemon: DaemonConnection,
  wanted: RowsWanted,
  rowsMax: number,
): Promise<void> {
  const rows = [];
  let isCut = false;
  for await (const page of collectedPages(daemon, wanted, rowsMax)) {
    rows.push(...page.rows);
    isCut = page.hasMore;
  }
  if (rows.length === 0) output.note(`no ${wanted.kind} from ${wanted.from} to ${wanted.to}`);
  else output.table(tableColumns(wanted.kind), rows);
  if (isCut)
    output.note(`(the first ${rows.length}; --limit shows more, --output FILE writes all)`);
}

async function exportRows(session: Session, daemon: DaemonConnection, to: Export): Promise<void> {
  const { output } = session;
  const { wanted, format, file, rowsMax } = to;
  const target = await openTarget(output, file);
  const progress = openProgress(session, file === null && output.isTerminal ? 'rows' : 'nothing');
  const startedMs = performance.now();
  let rows = 0;
  try {
    if (format === 'csv') await target.write(csvHeader(wanted.kind));
    for await (const page of collectedPages(daemon, wanted, rowsMax)) {
      await target.write(page.rows.map((row) => rowText(format, wanted.kind, row)).join(''));
      rows += page.rows.length;
      const last = page.rows.at(-1);
      if (last !== undefined) progress.show(progressText(wanted, last.ts, rows, startedMs));
      // Where nobody reads any more, nothing more is asked for.
      if (output.closed.aborted && file === null) break;
    }
    await target.finish();
  } finally {
    progress.clear();
    await target.abandon();
  }
  if (file !== null) output.answer({ file, rows }, () => output.done(`${file}  ${rows} rows`));
}

/** How far it is by time, which is how far it is where rows come evenly. */
function progressText(
  { from, to }: RowsWanted,
  ts: string,
  rows: number,
  startedMs: number,
): string {
  const share = (Date.parse(ts) - Date.parse(from)) / (Date.parse(to) - Date.parse(from));
  const seconds = (performance.now() - startedMs) / 1000;
  const left = share > 0 ? formatDuration((seconds / share) * (1 - share)) : '?';
  const percent = Math.floor(share * 100);
  return `${percent} %  ${rows} rows  ${Math.round(rows / seconds)}/s  about ${left} left`;
}

function formatOf({ format, output }: QueryOptions, isJson: boolean): RowFormat {
  if (format === 'table' && output !== undefined) {
    const message = 'a table is for a terminal: --output takes --format csv or ndjson';
    throw new CliError(exitStatus.usage, message);
  }
  if (format !== undefined) return format;
  if (output === undefined) return isJson ? 'ndjson' : 'table';
  return /\.csv$/i.test(output) ? 'csv' : 'ndjson';
}

function parseTime(text: string): string {
  if (parseSince(text, Date.now()) !== null) return text;
  throw new InvalidArgumentError('expected a date such as 2026-01-31T09:00, or 30s, 10m, 2h, 1d.');
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of rows from 1.');
}
