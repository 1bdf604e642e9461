import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatabaseJob, DatabaseStatus } from '../../rpc/shapes-database.ts';
import { withDaemon } from '../connect.ts';
import { followJob, megabytes } from '../database-job.ts';
import { showFacts } from '../module-view.ts';
import type { RunCommand, Session } from '../session.ts';
import { formatDuration, formatElapsed } from '../time.ts';

/** `db status|backup|restore|migrate` */
export function addDbCommands(program: Command, run: RunCommand): void {
  const group = program.command('db').description('the database of the modules');
  group
    .command('status')
    .description('which server there is, and how it is')
    .action((_options, command: Command) => run(command, status));
  group
    .command('backup')
    .description('everything as it is at one moment, into one new file; writing goes on')
    .argument('<file>', 'on the daemon’s machine')
    .action((file: string, _options, command: Command) =>
      run(command, (session) => withFile(session, 'database.backup', file)),
    );
  group
    .command('restore')
    .description('fills an empty database from a backup, all of it or nothing')
    .argument('<file>', 'on the daemon’s machine')
    .action((file: string, _options, command: Command) =>
      run(command, (session) => withFile(session, 'database.restore', file)),
    );
  group
    .command('migrate')
    .description('brings the tables of all configured modules to the newest form')
    .action((_options, command: Command) => run(command, migrate));
}

async function status(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('database.status', {}));
  output.answer(result, () => showFacts(output, factsOf(result)));
}

function factsOf(status: DatabaseStatus): (readonly [string, string])[] {
  const { host, database, user, data_folder: folder } = status;
  return [
    ['server', `${status.server}, PostgreSQL ${status.version}`],
    ['address', `${database} at ${host} as ${user}`],
    ['up for', formatDuration(status.uptime)],
    ['connections', `${status.connections} of ${status.connections_max}`],
    ['size', megabytes(status.size_bytes)],
    ...(folder === null ? [] : [['folder', folder] as const]),
  ];
}

async function withFile(
  session: Session,
  method: 'database.backup' | 'database.restore',
  file: string,
): Promise<void> {
  const params = { file: resolve(file) };
  const job = await withDaemon(session, (daemon) =>
    followJob(session, daemon, () => daemon.call(method, params)),
  );
  session.output.answer({ job }, () => session.output.done(outcome(job)));
}

function outcome({ kind, tables, rows, bytes, file, ...job }: DatabaseJob): string {
  const what = `${tables} tables, ${rows.toLocaleString('en')} rows`;
  const where = `${file ?? ''} (${megabytes(bytes)})`;
  const tookMs = Date.parse(job.finished_at ?? job.started_at) - Date.parse(job.started_at);
  const done = kind === 'backup' ? `backed up ${what} into` : `restored ${what} from`;
  return `${done} ${where} in ${formatElapsed(tookMs)}`;
}

async function migrate(session: Session): Promise<void> {
  const { output } = session;
  const job = await withDaemon(session, async (daemon) => {
    const { value } = await daemon.call('config.get', { path: 'daemon.modules' });
    const schemas = schemasOf(value as Readonly<Record<string, ConfiguredModule>>);
    return followJob(session, daemon, () => daemon.call('database.migrate', { schemas }));
  });
  output.answer({ job }, () => {
    for (const applied of job.applied) output.line(applied);
    const { length } = job.applied;
    output.done(
      length === 0 ? 'all tables are of the newest form' : `${length} migrations applied`,
    );
  });
}

interface ConfiguredModule {
  readonly module?: unknown;
  readonly params?: { readonly schema?: unknown };
}

/** Of those shipped modules whose tables are not in a schema of their own name by default. */
const defaultSchemas: Readonly<Record<string, string>> = { monitoring: 'stress' };

/** Of shipped modules, each in the schema that its params name, else in its default one. */
function schemasOf(
  modules: Readonly<Record<string, ConfiguredModule>>,
): { owner: string; schema: string }[] {
  return Object.values(modules).flatMap(({ module, params }) => {
    const owner = typeof module === 'string' ? /^superbot:(.+)$/.exec(module)?.[1] : undefined;
    if (owner === undefined) return [];
    const given = typeof params?.schema === 'string' ? params.schema : null;
    return [{ owner, schema: given ?? defaultSchemas[owner] ?? owner }];
  });
}
