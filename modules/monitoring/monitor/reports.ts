import type { Logger } from '../../api/log.ts';
import { culpritsOf, culpritsOfPause } from '../culprits.ts';
import {
  criticalNotice,
  elevatedNotice,
  type Notice,
  type NoticeSettings,
  pauseNotice,
} from '../notices.ts';
import type { Verdict } from '../pauses/verdict.ts';
import type { RingEntry } from '../ring.ts';
import type { ProcessShare } from '../sample.ts';
import type { StoredSample } from '../store.ts';
import type { Levels } from '../stress/levels.ts';
import { calm, type StressLevel } from '../stress.ts';
import type { Found, Recorder } from './recorder.ts';
import type { LevelChange, MonitorEvents } from './events.ts';

export interface ReportsOptions {
  readonly recorder: Recorder;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly alerts: NoticeSettings;
  readonly on: MonitorEvents;
}

/** A sample, and what was known when it was taken. */
export interface Taken {
  readonly stored: StoredSample;
  /** Null for the first. */
  readonly before: StoredSample | null;
  /** All of them, not only those that are stored; empty where they were not looked at. */
  readonly processes: readonly ProcessShare[];
  readonly verdict: Verdict;
  readonly levels: { readonly before: Levels; readonly now: Levels };
  /** By the clock that the levels go by. */
  readonly nowMs: number;
  /** The last seconds, without this sample and with it. */
  readonly rings: { readonly before: readonly RingEntry[]; readonly now: readonly RingEntry[] };
}

const episodeKinds = ['elevated', 'critical'] as const;

/** Sees to it that everybody knows what a sample tells: the store, the log, and who listens. */
export class Reports {
  readonly #options: ReportsOptions;
  #isCriticalTold = false;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  report(taken: Taken): void {
    this.#options.recorder.tryAgain();
    this.#tell((on) => on.sample(taken.stored, taken.levels.now.level));
    this.#interval(taken);
    this.#levels(taken);
  }

  /** Ends what lasts, since nobody looks any more. */
  end(): void {
    for (const kind of episodeKinds) {
      this.#options.recorder.end(kind, 'the monitor was stopped while it lasted');
    }
  }

  #interval(taken: Taken): void {
    const { verdict } = taken;
    const { atMs } = taken.stored.sample;
    if (verdict.kind === 'pause') this.#pause(taken, verdict);
    if (verdict.kind === 'suspend') {
      const { suspendedMs } = verdict;
      this.#tell((on) => on.suspend({ atMs, suspendedMs }));
    }
    if (verdict.kind === 'step') {
      const { steppedMs } = verdict;
      this.#tell((on) => on.clockStep({ atMs, steppedMs }));
    }
  }

  #pause(taken: Taken, { pause }: Extract<Verdict, { kind: 'pause' }>): void {
    const { stored, before, processes } = taken;
    const ring = taken.rings.before;
    const { recorder, log, alerts } = this.#options;
    const { actualMs, latencyRatio, cause } = pause;
    log.warn('pause_detected', { duration: actualMs / 1000, latency_ratio: latencyRatio, cause });
    const atMs = before?.sample.atMs ?? stored.sample.atMs - actualMs;
    const culprits = culpritsOfPause(ring, processes);
    const found = { atMs, pause, stress: before?.stress ?? calm, culprits };
    const row = { kind: 'pause', durationMs: actualMs, folder: null, notes: '' } as const;
    recorder.add({ ...row, ...found }, (id) => {
      this.#tell((on) => on.pause({ id, ...found, ring }));
      this.#alert(pauseNotice(alerts, pause, culprits));
    });
  }

  #levels(taken: Taken): void {
    const { stored, processes, levels, nowMs } = taken;
    if (levels.before.level === 'normal' && levels.now.level === 'normal') return;
    const { sample, stress } = stored;
    const ring = taken.rings.now;
    const culprits = culpritsOf(processes.length > 0 ? processes : lastProcesses(ring), stress);
    const found = { atMs: sample.atMs, stress, culprits };
    this.#episodes(levels, found, ring);
    this.#critical(levels.now, found, nowMs);
  }

  #episodes({ before, now }: Taken['levels'], found: Found, ring: LevelChange['ring']): void {
    const { recorder, alerts } = this.#options;
    const change = { from: before.level, to: now.level, ...found, ring };
    recorder.goesOn(found);
    for (const kind of episodeKinds) {
      if (before[kind] !== null && now[kind] === null) recorder.end(kind);
      if (before[kind] !== null || now[kind] === null) continue;
      // One that is critical at once begins both episodes, and is one change.
      recorder.begin(kind, found, (id) => {
        if (kind === change.to) this.#tell((on) => on.level({ ...change, id }));
      });
    }
    if (isBelow(now.level, before.level)) {
      recorder.afterwards(() => this.#tell((on) => on.level({ ...change, id: null })));
    }
    if (before.elevated !== null || now.elevated === null) return;
    this.#alert(elevatedNotice(alerts, found.stress, found.culprits));
  }

  /** With every sample of it: it is told when it has lasted, and once. */
  #critical({ critical }: Levels, { stress, culprits }: Found, nowMs: number): void {
    if (critical === null) {
      this.#isCriticalTold = false;
      return;
    }
    const criticalForMs = nowMs - critical.sinceMs;
    const episode = { criticalForMs, stress, culprits, isTold: this.#isCriticalTold };
    const notice = criticalNotice(this.#options.alerts, episode);
    this.#isCriticalTold ||= notice !== null;
    this.#alert(notice);
  }

  #alert(notice: Notice | null): void {
    if (notice !== null) this.#tell((on) => on.alert(notice));
  }

  #tell(call: (on: MonitorEvents) => void): void {
    try {
      call(this.#options.on);
    } catch (error) {
      this.#options.log.error('sampling_loop_error', { error });
    }
  }
}

const order: readonly StressLevel[] = ['normal', 'elevated', 'critical'];

function isBelow(level: StressLevel, other: StressLevel): boolean {
  return order.indexOf(level) < order.indexOf(other);
}

/** A look that is not done yet leaves a sample without; the one before is not much older. */
function lastProcesses(ring: readonly RingEntry[]): readonly ProcessShare[] {
  return ring.findLast(({ processes }) => processes.length > 0)?.processes ?? [];
}
