import { Option } from 'commander';
import type { Command } from 'commander';
import type { MetricFamilies, SystemUsage, Usage } from '../../rpc/shapes-resources.ts';
import { withDaemon } from '../connect.ts';
import { escapeControls } from '../display.ts';
import { showFacts } from '../module-view.ts';
import type { RunCommand, Session } from '../session.ts';
import { sinceOption } from '../since-option.ts';
import { formatSize } from '../size.ts';
import type { Column } from '../table.ts';

/** `resources`, `metrics [--format json|prometheus]` and `report [--since TIME]` */
export function addResourcesCommands(program: Command, run: RunCommand): void {
  program
    .command('resources')
    .description('what the machine, the daemon and each module use now')
    .action((_options, command: Command) => run(command, resources));
  const formats = ['json', 'prometheus'] as const;
  const format = new Option(
    '--format <format>',
    'prometheus: the text that Prometheus reads',
  ).choices(formats);
  program
    .command('metrics')
    .description('all figures as metrics')
    .addOption(format)
    .action((options: { format?: (typeof formats)[number] }, command: Command) =>
      run(command, (session) => metrics(session, options.format ?? 'json')),
    );
  program
    .command('report')
    .description('what became of each module in the last seven days')
    .addOption(sinceOption())
    .action((options: { since?: string }, command: Command) =>
      run(command, (session) => report(session, options.since)),
    );
}

type UsageRow = readonly [name: string, usage: Usage];

const usageColumns: readonly Column<UsageRow>[] = [
  { title: 'NAME', value: ([name]) => name, priority: 0 },
  { title: 'CPU', value: ([, one]) => percent(one.cpu_percent), priority: 0, align: 'right' },
  {
    title: 'MEMORY',
    value: ([, one]) => formatSize(one.memory_bytes),
    priority: 0,
    align: 'right',
  },
  { title: 'THREADS', value: ([, one]) => orDash(one.threads), priority: 2, align: 'right' },
  { title: 'PROCESSES', value: ([, one]) => orDash(one.processes), priority: 1, align: 'right' },
];

async function resources(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('monitoring.resources', {}));
  output.answer(result, () => {
    showFacts(output, systemFacts(result.system));
    const modules = Object.entries(result.modules);
    output.table(usageColumns, [['daemon', result.daemon], ...modules]);
  });
}

function systemFacts(system: SystemUsage): (readonly [string, string])[] {
  const { load, memory_bytes: memory, memory_percent: memoryPercent } = system;
  const { network_sent_bytes: sent, network_recv_bytes: received } = system;
  return [
    ['cpu', percent(system.cpu_percent)],
    ['memory', `${percent(memoryPercent)} (${formatSize(memory)})`],
    ['load', load?.join(' ') ?? '-'],
    ['disk', percent(system.disk_percent)],
    ['network', `${formatSize(sent)} sent, ${formatSize(received)} received`],
  ];
}

interface MetricRow {
  readonly metric: string;
  readonly labels: string;
  readonly value: number;
}

const metricColumns: readonly Column<MetricRow>[] = [
  { title: 'METRIC', value: ({ metric }) => metric, priority: 0 },
  { title: 'LABELS', value: ({ labels }) => labels, priority: 0 },
  { title: 'VALUE', value: ({ value }) => String(value), priority: 0, align: 'right' },
];

async function metrics(session: Session, format: 'json' | 'prometheus'): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) =>
    daemon.call('monitoring.metrics', { format }),
  );
  output.answer(result, () => {
    if (isText(result)) output.write(result.text);
    else output.table(metricColumns, rowsOf(result));
  });
}

function isText(result: object): result is { readonly text: string } {
  return 'text' in result && typeof result.text === 'string';
}

function rowsOf(families: MetricFamilies): MetricRow[] {
  return Object.entries(families).flatMap(([metric, { values }]) =>
    values.map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([name, label]) => `${name}=${label}`);
      return { metric, labels: pairs.join(' '), value };
    }),
  );
}

async function report(session: Session, since: string | undefined): Promise<void> {
  const { output } = session;
  const params = since === undefined ? {} : { since };
  const result = await withDaemon(session, (daemon) => daemon.call('monitoring.report', params));
  output.answer(result, () => output.write(escapeControls(result.text, '\n')));
}

function percent(value: number | null): string {
  return value === null ? '-' : `${value} %`;
}

function orDash(value: number | null): string {
  return value === null ? '-' : String(value);
}
