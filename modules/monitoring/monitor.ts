/**
 * The sampling loop: a look at the host, what it tells, who may be to blame, and who has to know. It is
 * held up by nothing: neither by the store nor by a look at processes that takes too long.
 */
import { type Clock, pauseUntil } from '../api/clock.ts';
import { withDeadline } from '../api/deadline.ts';
import type { Logger } from '../api/log.ts';
import { orAborted } from '../api/or-aborted.ts';
import type { Host } from './host/host.ts';
import { endLeftOpen } from './monitor/left-open.ts';
import { type ProcessLooker, ProcessLooks } from './monitor/process-looks.ts';
import { Recorder } from './monitor/recorder.ts';
import { Reports } from './monitor/reports.ts';
import type { MonitorEvents } from './monitor/events.ts';
import type { NoticeSettings } from './notices.ts';
import type { Verdict } from './pauses/verdict.ts';
import { heaviest } from './processes/heaviest.ts';
import { Ring } from './ring.ts';
import type { ProcessShare } from './sample.ts';
import type { MonitorStore, StoredSample } from './store.ts';
import type { StressLevel } from './stress.ts';
import { assess, type Known } from './stress/assessment.ts';
import { firstBaseline } from './stress/io-baseline.ts';
import { KeptBaseline } from './stress/kept-baseline.ts';
import { type LevelThresholds, normalLevels } from './stress/levels.ts';

export interface MonitorOptions {
  readonly host: Host;
  readonly processes: ProcessLooker;
  readonly store: MonitorStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: MonitorSettings;
  readonly on: MonitorEvents;
}

export interface MonitorSettings {
  readonly normalIntervalMs: number;
  readonly elevatedIntervalMs: number;
  readonly thresholds: LevelThresholds;
  readonly alerts: NoticeSettings;
  /** Levels stay normal and nobody is alerted; samples and pauses are kept all the same. */
  readonly isLearning: boolean;
}

/** What `stress.status` tells of it. */
export interface MonitorState {
  readonly isRunning: boolean;
  readonly samples: number;
  readonly happenings: number;
  readonly last: StoredSample | null;
  readonly level: StressLevel;
  readonly intervalMs: number;
  /** 0 when it is not. */
  readonly elevatedForMs: number;
  readonly criticalForMs: number;
}

/** While nothing is wrong processes are looked at this often, however often the host is. */
const calmLookEveryMs = 5000;
/** Of each sample, in the store and on the bus: a look may find thousands. */
const keptProcessesMax = 10;
/** A sample waits so long for its processes; after a pause somebody waits for the news. */
const lookMs = 1000;
/** To end what lasts, then to keep the baseline: within it, whatever the store does. */
const settleMs = 5000;
const never: LevelThresholds = { elevated: Infinity, critical: Infinity };

export class Monitor {
  readonly #options: MonitorOptions;
  readonly #baseline: KeptBaseline;
  readonly #recorder: Recorder;
  readonly #reports: Reports;
  readonly #looks: ProcessLooks;
  readonly #ring = new Ring();
  #known: Known = { look: null, baseline: firstBaseline, levels: normalLevels };
  readonly #over = new AbortController();
  #begun: Promise<void> | null = null;
  #leftOpen: Promise<void> = Promise.resolve();
  #ended: Promise<void> = Promise.resolve();
  #samples = 0;
  #last: StoredSample | null = null;
  #lookedAtMs = -Infinity;
  #hasFailed = false;

  constructor(options: MonitorOptions) {
    const { processes, clock, log, on, settings } = options;
    const { alerts, isLearning } = settings;
    this.#options = options;
    this.#baseline = new KeptBaseline(options);
    this.#recorder = new Recorder(options);
    const told = isLearning ? { ...alerts, enabled: false } : alerts;
    this.#reports = new Reports({ recorder: this.#recorder, log, alerts: told, on });
    this.#looks = new ProcessLooks(processes, clock, log);
  }

  get state(): MonitorState {
    const { level, elevated, critical } = this.#known.levels;
    const nowMs = this.#options.clock.monotonicMs();
    return {
      isRunning: this.#begun !== null && !this.#over.signal.aborted,
      samples: this.#samples,
      happenings: this.#recorder.kept,
      last: this.#last,
      level,
      intervalMs: this.#intervalMs,
      elevatedForMs: elevated === null ? 0 : nowMs - elevated.sinceMs,
      criticalForMs: critical === null ? 0 : nowMs - critical.sinceMs,
    };
  }

  /** Reads the baseline that was kept, then samples at once and until `stop`. Idempotent. */
  start(): Promise<void> {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  /**
   * Takes no further sample, ends what lasts and keeps the baseline: within some ten seconds, whatever
   * the store does. The store is not closed. Idempotent; it cannot be started again.
   */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#begun;
    await this.#ended;
  }

  async #begin(): Promise<void> {
    this.#leftOpen = endLeftOpen(this.#options);
    const baseline = await this.#baseline.read();
    this.#known = { ...this.#known, baseline };
    this.#ended = this.#sampling(this.#over.signal).then(() => this.#end());
  }

  async #sampling(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let expectedMs = 0;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        await this.#take(startedMs, expectedMs);
        this.#hasFailed = false;
      } catch (error) {
        this.#failed(error);
      }
      expectedMs = this.#intervalMs;
      await pauseUntil(clock, startedMs + expectedMs - clock.monotonicMs(), signal);
    }
    log.info('sampling_loop_cancelled', { samples: this.#samples });
  }

  async #take(nowMs: number, expectedMs: number): Promise<void> {
    const { host, store, settings } = this.#options;
    const { normalIntervalMs, isLearning } = settings;
    const thresholds = isLearning ? never : settings.thresholds;
    const known = this.#known;
    const context = { host, expectedMs, normalIntervalMs, nowMs, thresholds };
    const assessed = assess(known, host.look(), context);
    this.#known = assessed.known;
    this.#baseline.offer(assessed.known.baseline);
    const { sample, stress, verdict } = assessed;
    const processes = await this.#processes(nowMs, verdict);
    if (this.#over.signal.aborted) return;
    const stored = { sample, stress, processes: heaviest(processes, keptProcessesMax) };
    const before = this.#last;
    const ringBefore = this.#ring.frozen();
    this.#ring.add({ sample, stress, processes });
    store.addSample(stored);
    this.#samples += 1;
    this.#last = stored;
    const levels = { before: known.levels, now: assessed.known.levels };
    const rings = { before: ringBefore, now: this.#ring.frozen() };
    this.#reports.report({ stored, before, processes, verdict, levels, nowMs, rings });
  }

  /** None where it is not yet time to look again. */
  async #processes(nowMs: number, verdict: Verdict): Promise<readonly ProcessShare[]> {
    const { level } = this.#known.levels;
    const isCalm = level === 'normal' && verdict.kind !== 'pause';
    // Half an interval early is nearer to the five seconds than half of one late.
    const isSoon = nowMs + this.#intervalMs / 2 < this.#lookedAtMs + calmLookEveryMs;
    if (isCalm && isSoon && !this.#looks.isPending) return [];
    this.#lookedAtMs = nowMs;
    const { signal } = this.#over;
    const look = this.#looks.within(Math.min(lookMs, this.#intervalMs));
    return await orAborted(look, signal, () => undefined);
  }

  /** Once for a row of failures; what comes after it has nothing to be compared with. */
  #failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#known = { ...this.#known, look: null };
    if (!this.#hasFailed) this.#options.log.error('sampling_loop_error', { error });
    this.#hasFailed = true;
  }

  async #end(): Promise<void> {
    const { clock, log } = this.#options;
    this.#reports.end();
    await this.#baseline.save(this.#known.baseline);
    const settled = Promise.all([this.#leftOpen, this.#recorder.settled()]);
    try {
      await withDeadline(settled, settleMs, { clock, what: 'the store' });
    } catch (error) {
      log.warn('the end of what lasted is not kept', { error });
    }
  }

  get #intervalMs(): number {
    const { normalIntervalMs, elevatedIntervalMs } = this.#options.settings;
    return this.#known.levels.level === 'normal' ? normalIntervalMs : elevatedIntervalMs;
  }
}
