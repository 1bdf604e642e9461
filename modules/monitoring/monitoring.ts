/** Puts the module together: what looks, what keeps, what captures, and what tells. */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock } from '../api/clock.ts';
import type { Database } from '../api/database.ts';
import type { Logger } from '../api/log.ts';
import type { MonitoringParts } from './answers/answers.ts';
import { type Captured, Captures } from './captures.ts';
import { consequencesOf } from './consequences.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { Forensics } from './forensics/forensics.ts';
import type { Host } from './host/host.ts';
import { KeepAwake } from './keep-awake.ts';
import { LearningMode } from './learning-mode.ts';
import { Monitor } from './monitor.ts';
import { type Emit, newsOf } from './news.ts';
import { captureNotice } from './notices.ts';
import type { MonitoringParams } from './params.ts';
import { ProcessWatch } from './processes/watch.ts';
import { openMonitorStore } from './store/open.ts';
import { Retention } from './store/retention.ts';

export interface MonitoringOptions {
  readonly params: MonitoringParams;
  readonly host: Host;
  /** With the schema of `params`; null: there is none. It is not closed. */
  readonly database: Database | null;
  /** Of this module alone, made when it is missing. */
  readonly folder: string;
  /** Of the daemon whose modules are told from other processes; null: there is none. */
  readonly home: string | null;
  readonly emit: Emit;
  /** What the daemon says of itself and its modules. */
  readonly daemonState: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Monitoring {
  /** For whoever asks; they belong to it. */
  readonly parts: MonitoringParts;
  start(): Promise<void>;
  /** In order, whatever fails on the way; the log says what did. Idempotent. */
  stop(): Promise<void>;
}

/** Another process has the folder. */
export class FolderTakenError extends Error {
  constructor(folder: string) {
    super(`another monitoring runs with the data folder "${folder}" — stop that one first`);
    this.name = 'FolderTakenError';
  }
}

/** Nothing is sampled yet. Rejects when the folder cannot be used, and with a FolderTakenError. */
export async function openMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  if (lock === null) throw new FolderTakenError(folder);
  try {
    return await openLocked(options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(options: MonitoringOptions, lock: FolderLock): Promise<Monitoring> {
  const { params, host, folder, home, emit, clock, log } = options;
  const store = await openMonitorStore({
    database: await databaseOf(options),
    folder: path.join(folder, 'store'),
    host: hostname(),
    clock,
    log,
  });
  const forensics = new Forensics({ folder: path.join(folder, 'events'), clock, log });
  const news = newsOf(emit);
  const onFinished = (captured: Captured) => {
    news.captured(captured);
    const notice = captureNotice(params.alerts, captured);
    if (notice !== null) news.alert(notice);
  };
  const captures = new Captures({ forensics, store, clock, log, onFinished });
  const learning = params.learningMode ? await LearningMode.open(store, log) : null;
  const { elevationThreshold: elevated, criticalThreshold: critical } = params.sampling;
  const monitor = new Monitor({
    host,
    processes: new ProcessWatch({ home, suspects: params.suspects }),
    store,
    clock,
    log,
    settings: {
      ...params.sampling,
      thresholds: { elevated, critical },
      alerts: params.alerts,
      isLearning: params.learningMode,
    },
    on: consequencesOf({ news, captures, learning, daemonState: options.daemonState, log }),
  });
  const { samplesDays: samples, eventsDays: events } = params.retention;
  const removeFolders = (names: readonly string[]) => forensics.remove(names);
  const retention = new Retention({
    ...{ store, daysKept: { samples, events }, removeFolders, clock, log },
  });
  const keepAwake = params.keepAwake ? new KeepAwake({ clock, log }) : null;
  const stopping = new AbortController();
  let pruning: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | null = null;

  return {
    parts: {
      ...{ monitor, store, forensics, params },
      learned: () => learning?.learned ?? null,
      startedAtMs: clock.now(),
      clock,
    },
    start: async () => {
      await keepAwake?.start();
      if (stopping.signal.aborted) return;
      await monitor.start();
      pruning = retention.run(stopping.signal);
    },
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    stopping.abort();
    await tried('stop sampling', () => monitor.stop());
    const endings = [
      tried('end the captures', () => captures.stop()),
      tried('end the keep-awake helper', () => keepAwake?.stop()),
      tried('end the pruning', () => pruning),
      tried('keep what was learned', () => learning?.save()),
    ];
    await Promise.all(endings);
    await tried('close the store', () => store.close());
    await tried('give the folder back', () => lock.release());
  }

  async function tried(what: string, work: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error(`cannot ${what}`, { error });
    }
  }
}

async function databaseOf({ params, database, folder, log }: MonitoringOptions) {
  if (database === null || params.storage === 'files') return null;
  const { isDatabaseChosen } = await import('./storage-choice.ts');
  const isChosen = params.storage === 'database' || isDatabaseChosen({ folder, database, log });
  return (await isChosen) ? { database, schema: params.schema } : null;
}
