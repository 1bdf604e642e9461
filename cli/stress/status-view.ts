/** The host for people, as it is now. */
import type { HostProcess, StressSample, StressStatus } from '../../rpc/shapes-stress.ts';
import { escapeControls } from '../display.ts';
import { showFacts } from '../module-view.ts';
import type { Output } from '../output.ts';
import { formatSize } from '../size.ts';
import type { Column } from '../table.ts';
import { formatDuration, formatElapsed, formatRelative } from '../time.ts';
import { percent, rate } from './figures.ts';
import { drawGauge } from './gauge.ts';

const gaugeColumns = 40;

export function showStressStatus(status: StressStatus, output: Output, nowMs: number): void {
  const { last_sample: sample, learning } = status;
  if (sample === null) output.line('no sample yet');
  else {
    const { total, reasons } = sample.stress;
    const gauge = drawGauge(total, status.sampling, { columns: gaugeColumns, paint: output.paint });
    output.line(`stress  ${gauge} ${Math.round(total)} of 100, ${levelText(status, nowMs)}`);
    for (const reason of reasons) output.line(`  ${escapeControls(reason)}`);
    showFacts(output, hostFacts(sample));
    if (sample.processes.length > 0) output.table(processColumns, sample.processes);
  }
  showFacts(output, monitorFacts(status, nowMs));
  const { problem } = status.storage;
  if (problem !== null) output.note(`what is sampled is not kept: ${problem}`);
  if (learning !== null) showLearning(learning, output);
  if (sample !== null && !status.running) {
    output.note(`no sample for ${formatRelative(sample.at, nowMs).replace(' ago', '')}`);
  }
}

/** `elevated for 3m 2s` */
export function levelText(status: StressStatus, nowMs: number): string {
  const since = status.level === 'critical' ? status.critical_since : status.elevated_since;
  if (status.level === 'normal' || since === null) return status.level;
  return `${status.level} for ${formatDuration((nowMs - Date.parse(since)) / 1000)}`;
}

/** What the sample tells of the host; what the host has not is left out. */
export function hostFacts(sample: StressSample): (readonly [string, string])[] {
  const { cpu, memory, disk, network, thermal, container } = sample;
  const loads = [cpu.load1, cpu.load5, cpu.load15].filter((load) => load !== null);
  const loadText = loads.map((load) => load.toFixed(2)).join(' ');
  return [
    [
      'cpu',
      `${percent(cpu.busy_percent)} of ${cpu.cores} cores, load ${loadText || '-'}, waiting for disks ${percent(cpu.io_wait_percent)}, stolen ${percent(cpu.steal_percent)}`,
    ],
    [
      'memory',
      `${percent(memory.available_percent)} free (${formatSize(memory.available_bytes)} of ${formatSize(memory.total_bytes)}), swap ${formatSize(memory.swap_used_bytes)}`,
    ],
    [
      'disk',
      `${rate(disk.read_bytes_per_second)} read, ${rate(disk.written_bytes_per_second)} written, ${percent(disk.busy_percent)} busy`,
    ],
    [
      'network',
      `${rate(network.sent_bytes_per_second)} sent, ${rate(network.received_bytes_per_second)} received`,
    ],
    ...pressureFacts(sample),
    ...thermalFacts(thermal),
    ...containerFacts(container),
  ];
}

function pressureFacts({ pressure }: StressSample): (readonly [string, string])[] {
  const parts = (['cpu', 'memory', 'io'] as const).flatMap((name) => {
    const one = pressure[name];
    return one === null ? [] : [`${name} ${percent(one.some_percent ?? one.some10)}`];
  });
  return parts.length === 0 ? [] : [['pressure', parts.join(', ')]];
}

function thermalFacts(thermal: StressSample['thermal']): (readonly [string, string])[] {
  const { celsius, cpu_mhz: mhz, is_throttled: isThrottled } = thermal;
  const parts = [
    ...(celsius === null ? [] : [`${celsius.toFixed(0)} °C`]),
    ...(mhz === null ? [] : [`${mhz.toFixed(0)} MHz`]),
    ...(isThrottled === true ? ['slowed down because of heat'] : []),
  ];
  return parts.length === 0 ? [] : [['heat', parts.join(', ')]];
}

function containerFacts(container: StressSample['container']): (readonly [string, string])[] {
  if (container === null) return [];
  const { quota_cores: quota, throttled_percent: throttled } = container;
  const { memory_bytes: bytes, memory_max_bytes: bytesMax } = container;
  const parts = [
    ...(quota === null ? [] : [`${quota} cores, held back ${percent(throttled)} of the time`]),
    ...(bytesMax === null ? [] : [`${formatSize(bytes)} of ${formatSize(bytesMax)}`]),
  ];
  return parts.length === 0 ? [] : [['container', parts.join(', ')]];
}

function monitorFacts(status: StressStatus, nowMs: number): (readonly [string, string])[] {
  const { sampling, storage, last_24_hours: day, last_sample: sample } = status;
  const last = sample === null ? '' : `, the last ${formatRelative(sample.at, nowMs)}`;
  const dropped = storage.dropped === 0 ? '' : `, ${storage.dropped} dropped`;
  return [
    ['sampled', `every ${formatElapsed(sampling.interval_ms)}${last}`],
    [
      'kept',
      `${storage.stored} samples in ${storage.kind === 'database' ? 'the database' : 'files'}${dropped}`,
    ],
    ...(day === null
      ? []
      : [
          [
            'last 24 hours',
            `paused ${day.pauses} ×, elevated ${day.elevated} ×, critical ${day.critical} ×`,
          ] as const,
        ]),
  ];
}

/** How often which stress was, and what follows from it. */
function showLearning(learning: NonNullable<StressStatus['learning']>, output: Output): void {
  const { histogram, suggested, samples, pauses } = learning;
  output.line(`learning: ${samples} samples, ${pauses} pauses`);
  const most = Math.max(1, ...histogram);
  for (const [index, count] of histogram.entries()) {
    const bar = '█'.repeat(Math.round((count / most) * gaugeColumns));
    output.line(`  ${String(index * 10).padStart(3)}  ${bar.padEnd(gaugeColumns)} ${count}`);
  }
  if (suggested === null) output.line('  thresholds can be suggested after the first pause');
  else {
    const { elevation_threshold: elevation, critical_threshold: critical } = suggested;
    output.line(`  suggested: elevation_threshold ${elevation}, critical_threshold ${critical}`);
  }
}

const figure = (
  title: string,
  priority: number,
  value: (row: HostProcess) => string,
): Column<HostProcess> => ({ title, priority, value, align: 'right' });

/** Also of the culprits and of the watch screen. */
export const processColumns: readonly Column<HostProcess>[] = [
  figure('PID', 0, ({ pid }) => String(pid)),
  { title: 'PROCESS', value: ({ name }) => name, priority: 0 },
  { title: 'MODULE', value: ({ module }) => module ?? '-', priority: 1 },
  {
    title: 'STATE',
    value: ({ state }) => state,
    priority: 4,
    style: ({ state }) => (state === 'D' ? 'red' : undefined),
  },
  figure('CPU', 0, (row) => percent(row.cpu_percent)),
  figure('MEMORY', 0, (row) => formatSize(row.memory_bytes)),
  figure('READ', 3, (row) => rate(row.read_bytes_per_second)),
  figure('WRITTEN', 3, (row) => rate(row.written_bytes_per_second)),
  figure('WAITS', 5, (row) => percent(row.wait_percent)),
];
