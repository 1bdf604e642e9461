/** What modules, the daemon and the machine use: looked at, judged, kept and told. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LimitsConfig } from '../../config/effective.ts';
import { readJournal } from '../../rpc/journal-files.ts';
import type {
  MetricFamilies,
  MetricsText,
  Report,
  Resources as ResourcesAnswer,
} from '../../rpc/shapes-resources.ts';
import type { CacheStats } from '../../rpc/shapes-cache.ts';
import type { HealthReport } from '../../rpc/shapes-health.ts';
import type { ExchangeStats } from '../../rpc/shapes-redis.ts';
import type { Balance } from '../../rpc/shapes-trading.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { Part } from '../part.ts';
import type { ProcessIdentity } from '../processes.ts';
import type { System } from '../system.ts';
import { unknownUsage } from './figures.ts';
import { LimitWatch, type LimitWatchOptions } from './limit-watch.ts';
import { type LagFigures, metricsOf } from './metrics.ts';
import { MetricsListener, type MetricsListenerOptions } from './metrics-listener.ts';
import type { ResourcePlatform } from './platform.ts';
import { prometheusText } from './prometheus.ts';
import { type JournalTally, reportOn, tallyOf } from './report.ts';
import { spanSince } from './report-span.ts';
import { reportText } from './report-text.ts';
import { Sampler } from './sampler.ts';
import { UsageHistory } from './usage-history.ts';

const unhurriedMs = 120_000;

export interface ResourcesOptions extends Pick<LimitWatchOptions, 'unfit' | 'raise'> {
  readonly system: System;
  readonly platform: ResourcePlatform;
  readonly version: string;
  /** Where the journal is; what was used is kept beside it. */
  readonly journalDir: string;
  readonly historyPath: string;
  /** In force now. */
  readonly config: () => {
    readonly watchdog: { readonly enabled: boolean; readonly checkIntervalMs: number };
    readonly metrics: { readonly port: number | null };
    readonly modules: ReadonlyMap<string, { readonly limits: LimitsConfig }>;
  };
  /** Modules that are ready, each with its present launch. */
  readonly running: () => readonly {
    readonly name: string;
    readonly launch: string;
    readonly identity: ProcessIdentity;
    readonly config: { readonly limits: LimitsConfig };
  }[];
  readonly statuses: () => readonly ModuleStatus[];
  readonly health: () => HealthReport;
  /** How late the daemon's own event loop is; null while that is not known. */
  readonly lag: () => LagFigures | null;
  readonly cache: () => Promise<CacheStats>;
  readonly exchange: () => ExchangeStats | null;
  /** What modules have earned, by module; of those that answer in time. */
  readonly balances: () => Promise<ReadonlyMap<string, Balance>>;
  readonly log: MetricsListenerOptions['log'];
}

export class Resources implements Part {
  readonly #options: ResourcesOptions;
  readonly #startedMs: number;
  readonly #sampler: Sampler;
  readonly #history: UsageHistory;
  readonly #listener: MetricsListener;
  #lastReport: Promise<unknown> = Promise.resolve();

  constructor(options: ResourcesOptions) {
    const { system, platform, config, running, log, historyPath } = options;
    this.#options = options;
    this.#startedMs = system.monotonicMs();
    const onFault = (doing: string, err: unknown): void => log.error({ err }, `cannot ${doing}`);
    this.#history = new UsageHistory(historyPath, onFault);
    const limits = new LimitWatch({
      running: () => running().map((one) => ({ ...one, limits: one.config.limits })),
      isEnabled: () => config().watchdog.enabled,
      unfit: options.unfit,
      raise: options.raise,
    });
    this.#sampler = new Sampler({
      system,
      platform,
      running: () => running().map(({ name, identity }) => ({ name, ...identity })),
      intervalMs: () => lookInterval(config()),
      memoryNeeds: () => {
        if (this.#history.isMemoryDue(system.now())) return () => true;
        return limits.memoryNeeds();
      },
      onSample: (sample) => {
        this.#history.take(sample);
        limits.judge(sample.modules);
      },
      onFault,
    });
    this.#listener = new MetricsListener({
      port: () => config().metrics.port,
      metrics: () => this.metricsText(),
      log,
    });
  }

  async start(): Promise<void> {
    await this.#sampler.start();
    await this.#listener.start();
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
    await this.#sampler.stop();
    this.#history.close();
  }

  /** Another configuration is in force. */
  configure(): void {
    this.#sampler.configure();
    this.#listener.configure();
  }

  async resources(): Promise<ResourcesAnswer> {
    const { system, daemon, modules } = await this.#sampler.now();
    const each = this.#options
      .statuses()
      .map(({ module }) => [module, modules.get(module) ?? unknownUsage] as const);
    return { system, daemon, modules: Object.fromEntries(each) };
  }

  async metrics(): Promise<MetricFamilies> {
    const { version, lag, cache, exchange, statuses, health } = this.#options;
    const [sample, cached] = await Promise.all([this.#sampler.now(), cache()]);
    return metricsOf({
      version,
      uptime: this.#uptime(),
      lag: lag(),
      cache: cached,
      exchange: exchange(),
      statuses: statuses(),
      health: health(),
      sample,
    });
  }

  async metricsText(): Promise<MetricsText> {
    return prometheusText(await this.metrics());
  }

  /**
   * One after the other, since each reads every journal.
   * @param since as in `monitoring.report`; rejects with error −32602 when that is not before now
   */
  report(since: string): Promise<{ readonly text: string; readonly data: Report }> {
    const turn = this.#lastReport.then(() => this.#report(since));
    this.#lastReport = turn.catch(toldToWhoeverAsked);
    return turn;
  }

  async #report(since: string): Promise<{ readonly text: string; readonly data: Report }> {
    const { system, statuses, balances, journalDir } = this.#options;
    const span = spanSince(since, system.now());
    const [hours, earned] = await Promise.all([this.#history.read(span.sinceMs), balances()]);
    const tallies = new Map<string, JournalTally>();
    for (const module of ['daemon', ...statuses().map((status) => status.module)]) {
      tallies.set(module, tallyOf(module, span, readJournal(journalDir, module) ?? [], hours));
      // A journal may be a megabyte.
      await nextTurn();
    }
    const data = reportOn({
      span,
      daemonUptime: this.#uptime(),
      statuses: statuses(),
      tallies,
      hours,
      balances: earned,
    });
    return { text: reportText(data), data };
  }

  /** Seconds. */
  #uptime(): number {
    return (this.#options.system.monotonicMs() - this.#startedMs) / 1000;
  }
}

/** The next one has its turn all the same. */
function toldToWhoeverAsked(): void {
  return undefined;
}

/** Where nobody has a limit the looks are for the report alone, which is in no hurry. */
function lookInterval({ watchdog, modules }: ReturnType<ResourcesOptions['config']>): number {
  const hasLimits = [...modules.values()].some(
    ({ limits }) => limits.memoryBytes !== null || limits.cpuPercent !== null,
  );
  const { checkIntervalMs } = watchdog;
  return hasLimits ? checkIntervalMs : Math.max(checkIntervalMs, unhurriedMs);
}
