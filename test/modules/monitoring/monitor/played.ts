// A monitor on a host that a test plays, with a real store of files. Time moves by samples.
import { afterEach, beforeEach } from 'mocha';
import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { realClock } from '../../../../modules/api/clock.ts';
import type { LogFields, Logger } from '../../../../modules/api/log.ts';
import { sampleBetween } from '../../../../modules/monitoring/host/between.ts';
import type { HostLook } from '../../../../modules/monitoring/host/look.ts';
import { Monitor, type MonitorSettings } from '../../../../modules/monitoring/monitor.ts';
import type { LevelChange, SeenPause } from '../../../../modules/monitoring/monitor/events.ts';
import type { Notice } from '../../../../modules/monitoring/notices.ts';
import type { ProcessShare } from '../../../../modules/monitoring/sample.ts';
import { FileStore } from '../../../../modules/monitoring/store/files.ts';
import type { MonitorStore, StoredSample } from '../../../../modules/monitoring/store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { lookAt } from '../host/looks.ts';

export const settings: MonitorSettings = {
  normalIntervalMs: 5000,
  elevatedIntervalMs: 1000,
  thresholds: { elevated: 30, critical: 60 },
  alerts: {
    enabled: true,
    pauseDetected: true,
    pauseMinDurationMs: 2000,
    criticalStress: true,
    criticalThreshold: 60,
    criticalDurationMs: 30_000,
    elevatedEntered: false,
    forensicsCompleted: true,
  },
  isLearning: false,
};

/** Uses a core and a half. */
export const hog: ProcessShare = {
  pid: 4711,
  startTicks: 99,
  name: 'hog',
  state: 'R',
  module: 'collector',
  cpuPercent: 150,
  waitPercent: null,
  memoryBytes: 1e6,
  memoryPercent: 1,
  readBytesPerSecond: null,
  writtenBytesPerSecond: null,
  majorFaultsPerSecond: null,
  isSuspect: false,
};

function hang(): Promise<never> {
  return new Promise(() => undefined);
}

/** Its disk does not answer. */
export const hangingStore: MonitorStore = {
  kind: 'files',
  problem: null,
  counts: { stored: 0, dropped: 0 },
  addSample: () => undefined,
  ...{ addHappening: hang, updateHappening: hang, happenings: hang, happening: hang },
  ...{ samples: hang, history: hang, readState: hang, writeState: hang, prune: hang, close: hang },
};

export interface FreshMonitor {
  readonly played: Played;
  readonly store: FileStore;
}

export type Play = (store: MonitorStore, changed?: Partial<MonitorSettings>) => Played;

/**
 * Hands out a monitor that is not started, and its store, before each test; both end after it, and so
 * does whatever else it plays.
 */
export function freshMonitors(take: (fresh: FreshMonitor) => void): Play {
  const newFolder = temporaryFolders();
  const all: Played[] = [];
  let store: FileStore;
  const play: Play = (...given) => {
    const played = new Played(...given);
    all.push(played);
    return played;
  };
  beforeEach(async () => {
    store = await FileStore.open({ folder: newFolder(), clock: realClock, log: silent });
    take({ played: play(store), store });
  });
  afterEach(async () => {
    for (const { monitor } of all.splice(0)) await monitor.stop();
    await store.close();
  });
  return play;
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class Played {
  readonly clock = new FakeClock();
  readonly monitor: Monitor;
  readonly samples: StoredSample[] = [];
  readonly levels: LevelChange[] = [];
  readonly pauses: SeenPause[] = [];
  readonly suspends: number[] = [];
  readonly steps: number[] = [];
  readonly alerts: Notice[] = [];
  readonly logged: { readonly message: string; readonly fields: LogFields }[] = [];
  processLooks = 0;

  /** The host has two cores: at 2 it is calm, at 5 elevated with 30, at 8 with 40. */
  load = 0;
  availablePercent = 50;
  suspendedMs = 0;
  steppedMs = 0;
  writtenBytes = 0;
  tellsNothing = false;
  lookAtProcesses: () => Promise<readonly ProcessShare[]> = () => Promise.resolve([hog]);
  /** Called with each look at the host. */
  onLook: () => void = () => undefined;

  onSample: () => void = () => undefined;

  readonly #told = new EventEmitter();

  constructor(store: MonitorStore, changed: Partial<MonitorSettings> = {}) {
    const note =
      (message: string) =>
      <Seen>(kept: Seen[]) =>
      (seen: Seen): void => {
        kept.push(seen);
        this.#told.emit(message, seen);
      };
    const log = (message: string, fields: LogFields = {}): void => {
      this.logged.push({ message, fields });
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    this.monitor = new Monitor({
      host: {
        look: () => {
          this.onLook();
          return this.#look();
        },
        sampleBetween,
      },
      processes: {
        look: () => {
          this.processLooks += 1;
          return this.lookAtProcesses();
        },
      },
      store,
      clock: this.clock,
      log: logger,
      settings: { ...settings, ...changed },
      on: {
        sample: (stored) => {
          note('sample')(this.samples)(stored);
          this.onSample();
        },
        level: note('level')(this.levels),
        pause: note('pause')(this.pauses),
        suspend: ({ suspendedMs }) => this.suspends.push(suspendedMs),
        clockStep: ({ steppedMs }) => this.steps.push(steppedMs),
        alert: (notice) => this.alerts.push(notice),
      },
    });
  }

  /** Resolves with the first sample. */
  async start(): Promise<StoredSample> {
    const first = this.next('sample');
    await this.monitor.start();
    await first;
    return this.last;
  }

  /** Lets the time of one sample pass, or more. */
  async sample(afterMs = this.monitor.state.intervalMs): Promise<StoredSample> {
    const next = this.next('sample');
    await this.clock.advance(afterMs);
    await next;
    await nextTurn();
    return this.last;
  }

  async samplesOf(count: number): Promise<void> {
    for (let sample = 0; sample < count; sample++) await this.sample();
  }

  /** The process is not run for so long, and then finds its timer overdue. */
  async freeze(forMs: number): Promise<StoredSample> {
    const next = this.next('sample');
    this.clock.leap(forMs);
    await this.clock.advance(0);
    await next;
    return this.last;
  }

  /** What is told next; to be asked for before what makes it happen. */
  async next(what: 'sample' | 'level' | 'pause'): Promise<void> {
    await once(this.#told, what);
  }

  get last(): StoredSample {
    const last = this.samples.at(-1);
    if (last === undefined) throw new Error('there is no sample yet');
    return last;
  }

  #look(): HostLook {
    const monotonicMs = this.clock.monotonicMs();
    const look = lookAt(monotonicMs);
    const bootMs = monotonicMs + this.suspendedMs;
    const wallMs = this.clock.now() + this.suspendedMs + this.steppedMs;
    const clocks = { ...look.clocks, wallMs, bootMs };
    if (this.tellsNothing) return { ...look, clocks };
    const totalBytes = 1e9;
    const availableBytes = (totalBytes * this.availablePercent) / 100;
    const disk = { readBytes: 0, writtenBytes: this.writtenBytes, busyMs: 0 };
    return {
      ...look,
      clocks,
      cpu: { ...look.cpu, load: [this.load, 0, 0] },
      memory: { ...look.memory, totalBytes, availableBytes },
      disks: new Map([['vda', disk]]),
    };
  }
}
