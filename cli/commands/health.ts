import type { Command } from 'commander';
import type { HealthReport, ModuleHealthRow } from '../../rpc/shapes-health.ts';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { Style } from '../color.ts';
import { withDaemon } from '../connect.ts';
import { exitStatus } from '../failure.ts';
import type { RunCommand, Session } from '../session.ts';
import type { Column } from '../table.ts';
import { formatDuration, formatRelative } from '../time.ts';

/** `health`: exits 1 when a module that should work does not. */
export function addHealthCommand(program: Command, run: RunCommand): void {
  program
    .command('health')
    .description('whether the modules work; exits 1 when one that is wanted does not')
    .action((_options, command: Command) => run(command, health));
}

async function health(session: Session): Promise<void> {
  const { output } = session;
  const report = await withDaemon(session, (daemon) => daemon.call('monitoring.health', {}));
  output.answer(report, () => {
    output.line(output.paint(styleOf(report.status) ?? 'dim', report.status));
    for (const [use, redis] of Object.entries(report.backends))
      if (redis.state !== 'up') output.line(away(use, redis, Date.now()));
    const rows = Object.entries(report.modules).map(([module, row]) => ({ module, ...row }));
    if (rows.length > 0) output.table(columns(Date.now()), rows);
  });
  if (report.status === 'unhealthy') process.exitCode = exitStatus.failed;
}

function away(use: string, { address, state, since, why }: RedisStatus, nowMs: number): string {
  const forLong = formatDuration((nowMs - Date.parse(since)) / 1000);
  return `${use}: Redis at ${address} is ${state} for ${forLong}: ${why ?? 'no reason is known'}`;
}

type Row = ModuleHealthRow & { readonly module: string };

function columns(nowMs: number): readonly Column<Row>[] {
  return [
    { title: 'MODULE', value: ({ module }) => module, priority: 0 },
    {
      title: 'HEALTH',
      value: ({ status }) => status,
      priority: 0,
      style: ({ status }) => styleOf(status),
    },
    { title: 'STATE', value: ({ state }) => state, priority: 1 },
    {
      title: 'CHECKED',
      value: ({ checked_at: at }) => (at === null ? '-' : formatRelative(at, nowMs)),
      priority: 4,
    },
    { title: 'BY', value: ({ details }) => details?.check ?? '-', priority: 5 },
    { title: 'QUEUE', value: ({ details }) => shown(details?.queue_depth), priority: 6 },
    { title: 'ERRORS', value: ({ details }) => shown(details?.error_count), priority: 6 },
    { title: 'ACTIVE', value: ({ details }) => shown(details?.last_activity), priority: 7 },
    { title: 'WHY', value: ({ details }) => details?.message ?? '', priority: 2 },
  ];
}

function shown(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '-' : String(value);
}

function styleOf(status: ModuleHealthRow['status'] | HealthReport['status']): Style | undefined {
  switch (status) {
    case 'healthy':
      return 'green';
    case 'degraded':
      return 'yellow';
    case 'unhealthy':
      return 'red';
    case 'unknown':
      return undefined;
    default:
      return status satisfies never;
  }
}
