/** The report for people, who get it by mail or on a terminal. Pure. */
import type { ModuleReport, Report, Spread } from '../../rpc/shapes-resources.ts';

export function reportText({ since, until, daemon, modules }: Report): string {
  const days = spanInWords((Date.parse(until) - Date.parse(since)) / 1000);
  const head = `SuperBot from ${minute(since)} to ${minute(until)} UTC (${days})`;
  const up = `daemon: up ${spanInWords(daemon.uptime)}`;
  const own = [`${up}, alerts ${daemon.alert_count}${usage(daemon)}`, ...alertLines(daemon)];
  const blocks = Object.entries(modules).map(([name, report]) => moduleText(name, report));
  const none = blocks.length === 0 ? ['no modules are configured'] : [];
  return `${[head, own.join('\n  '), ...blocks, ...none].join('\n\n')}\n`;
}

function moduleText(name: string, report: ModuleReport): string {
  const { state, wanted, restarts, failures, alert_count: alertCount, trading } = report;
  const aim = (state === 'running') === (wanted === 'up') ? '' : `, wanted ${wanted}`;
  const lines = [
    `${name}: ${state}${aim}${upText(report)}`,
    `restarts ${restarts}, failures ${failures}, alerts ${alertCount}${usage(report)}`,
  ];
  if (trading) {
    const { equity, starting_cash: start, currency, mode } = trading;
    lines.push(
      `equity ${equity} ${currency} of ${start} at the start (${mode}): realized ${trading.realized_pnl}, unrealized ${trading.unrealized_pnl}, fees ${trading.fees_paid}`,
    );
  }
  return [...lines, ...alertLines(report)].join('\n  ');
}

function alertLines({
  alert_count: count,
  alerts,
}: Pick<ModuleReport, 'alert_count' | 'alerts'>): string[] {
  const lines = alerts.map(({ time, text }) => `${time}  ${text}`);
  return alerts.length < count ? [`the last ${alerts.length} alerts:`, ...lines] : lines;
}

function upText({ up_percent: percent, observed_seconds: observed }: ModuleReport): string {
  return percent === null ? '' : `, up ${percent} % of ${spanInWords(observed)}`;
}

function usage({
  cpu_percent: cpu,
  memory_bytes: memory,
}: Pick<ModuleReport, 'cpu_percent' | 'memory_bytes'>): string {
  const cpuText = spread('cpu', cpu, (percent) => `${percent} %`);
  const memoryText = spread('memory', memory, (bytes) => `${rounded(bytes / 1024 ** 2)} MB`);
  return cpuText + memoryText;
}

function spread(what: string, value: Spread | null, inWords: (value: number) => string): string {
  if (!value) return '';
  return `, ${what} ${inWords(value.average)} (at most ${inWords(value.max)})`;
}

/** `45 s`, `12.5 min`, `3.2 h`, `6.9 d` */
function spanInWords(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const;
  const [unit, length] = units.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${rounded(seconds / length)} ${unit}`;
}

function rounded(value: number): number {
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
