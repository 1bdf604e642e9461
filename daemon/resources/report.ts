/** What became of each module within a span of time. Pure. */
import type { StoredEntry } from '../../rpc/journal-files.ts';
import type { ModuleReport, Report } from '../../rpc/shapes-resources.ts';
import type { Balance } from '../../rpc/shapes-trading.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { joined, shownSpread, type UsageSpread } from './spread.ts';
import { type Span, upTimeIn } from './up-time.ts';
import type { UsageHour } from './usage-history.ts';

const alertsMax = 10;
const nothing: UsageSpread = { cpu: null, memory: null };

export interface ReportFacts {
  readonly span: Span;
  /** Seconds. */
  readonly daemonUptime: number;
  readonly statuses: readonly ModuleStatus[];
  /** What is counted of the journal of each module, and of the daemon as `daemon`. */
  readonly tallies: ReadonlyMap<string, JournalTally>;
  readonly hours: readonly UsageHour[];
  /** By module: what it has earned up to now. */
  readonly balances: ReadonlyMap<string, Balance>;
}

type Counts = Pick<ModuleReport, 'restarts' | 'failures' | 'alert_count' | 'alerts'>;

export interface JournalTally extends Counts {
  readonly upMs: number;
  readonly observedMs: number;
}

export function reportOn(facts: ReportFacts): Report {
  const { span, daemonUptime, statuses, tallies, hours, balances } = facts;
  const { alert_count, alerts } = tallies.get('daemon') ?? noTally;
  const daemon = hours.map((hour) => hour.daemon).reduce(joined, nothing);
  const modules = statuses.map(({ module, state, wanted }): [string, ModuleReport] => {
    const { upMs, observedMs, ...counts } = tallies.get(module) ?? noTally;
    const share = observedMs > 0 ? Math.round((upMs / observedMs) * 10_000) / 100 : null;
    const told = {
      state,
      wanted,
      up_seconds: Math.round(upMs / 1000),
      observed_seconds: Math.round(observedMs / 1000),
      up_percent: share,
      ...counts,
      ...shown(hours.map((hour) => ofModule(hour, module)).reduce(joined, nothing)),
      trading: balances.get(module) ?? null,
    };
    return [module, told];
  });
  return {
    since: new Date(span.sinceMs).toISOString(),
    until: new Date(span.untilMs).toISOString(),
    daemon: { uptime: daemonUptime, alert_count, alerts, ...shown(daemon) },
    modules: Object.fromEntries(modules),
  };
}

/** @param entries the whole journal of the module, oldest first */
export function tallyOf(
  module: string,
  span: Span,
  entries: readonly StoredEntry[],
  hours: readonly UsageHour[],
): JournalTally {
  const seen = hours.filter((hour) => Object.hasOwn(hour.modules, module));
  const lastSeenMs = (beforeMs: number): number | null =>
    seen.findLast(({ untilMs }) => untilMs <= beforeMs)?.untilMs ?? null;
  const within = entries.filter(({ time }) => {
    const atMs = Date.parse(time);
    return atMs >= span.sinceMs && atMs <= span.untilMs;
  });
  const alerts = within.filter(({ kind }) => kind === 'alert');
  return {
    ...upTimeIn(span, entries, lastSeenMs),
    restarts: within.filter(isRestart).length,
    failures: within.filter(({ data }) => data['event'] === 'give_up').length,
    alert_count: alerts.length,
    alerts: alerts.slice(-alertsMax).map(({ time, text, data }) => {
      const { severity } = data;
      return { time, severity: typeof severity === 'string' ? severity : 'unknown', text };
    }),
  };
}

const noTally: JournalTally = {
  upMs: 0,
  observedMs: 0,
  restarts: 0,
  failures: 0,
  alerts: [],
  alert_count: 0,
};

function isRestart({ data }: StoredEntry): boolean {
  const { event, cause } = data;
  const by = typeof cause === 'object' && cause !== null && 'by' in cause ? cause['by'] : null;
  return event === 'launch' && by === 'restart_policy';
}

/** Own keys only: a module may be named "constructor". */
function ofModule({ modules }: UsageHour, name: string): UsageSpread {
  return (Object.hasOwn(modules, name) ? modules[name] : undefined) ?? nothing;
}

function shown({ cpu, memory }: UsageSpread): Pick<ModuleReport, 'cpu_percent' | 'memory_bytes'> {
  return { cpu_percent: shownSpread(cpu, 1), memory_bytes: shownSpread(memory, 0) };
}
