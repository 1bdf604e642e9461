import type { Clock } from '../../api/clock.ts';
import { DeadlineError, withDeadline } from '../../api/deadline.ts';
import type { Logger } from '../../api/log.ts';
import type { Culprit, HappeningKind } from '../happening.ts';
import type { HappeningChange, MonitorStore, NewHappening } from '../store.ts';
import type { Stress } from '../stress.ts';
import { UnendedEpisodes } from './unended.ts';

export interface RecorderOptions {
  readonly store: Pick<MonitorStore, 'addHappening' | 'updateHappening'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** What lasts: its row is written when it begins, and brought up to date. */
export type EpisodeKind = Exclude<HappeningKind, 'pause'>;

export interface Found {
  readonly atMs: number;
  readonly stress: Stress;
  readonly culprits: readonly Culprit[];
}

interface OpenEpisode extends Found {
  /** Null until it is written, and if it cannot be. */
  id: number | null;
  readonly sinceMs: number;
  peak: Pick<Found, 'stress' | 'culprits'>;
  peakWrittenAtMs: number;
}

const storeMs = 2000;
/** Of writes that wait for others, or hang. What comes then is told, and not kept. */
const waitingMax = 20;
/** Stress that grows with each sample is not written with each. */
const peakEveryMs = 10_000;

/** Writes happenings in the order in which they come, without holding up who tells of them. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #open = new Map<EpisodeKind, OpenEpisode>();
  readonly #unended = new UnendedEpisodes<OpenEpisode, HappeningChange>();
  #written: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Calls that the store has not answered in time, and may yet. */
  #late = 0;
  #kept = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** How many happenings it has written. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * @param then called when it is written, or was not in time: then the id is null, and the log says why
   * @param onId called when it is written, in time or later
   */
  add(
    happening: NewHappening,
    then: (id: number | null) => void,
    onId: (id: number) => void = () => undefined,
  ): void {
    let written: number | null = null;
    const write = async () => {
      const adding = this.#options.store.addHappening(happening).then((id) => {
        this.#kept += 1;
        onId(id);
        return id;
      });
      written = await this.#inTime(adding);
    };
    this.#inTurn(write, () => then(written));
  }

  /** @param then as for `add` */
  begin(kind: EpisodeKind, found: Found, then: (id: number | null) => void): void {
    const sinceMs = this.#options.clock.monotonicMs();
    const episode: OpenEpisode = {
      ...found,
      id: null,
      sinceMs,
      peak: found,
      peakWrittenAtMs: sinceMs,
    };
    this.#open.set(kind, episode);
    const unknown = { durationMs: null, pause: null, folder: null, notes: '' };
    this.add({ kind, ...found, ...unknown }, then, (id) => (episode.id = id));
  }

  /** What a sample within episodes has found: their rows show the worst, and who it was. */
  goesOn({ stress, culprits }: Omit<Found, 'atMs'>): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const episode of this.#open.values()) {
      const { peak } = episode;
      const isNamed = peak.culprits.length > 0;
      const isWorse = stress.total > peak.stress.total;
      if (!isWorse && (isNamed || culprits.length === 0)) continue;
      episode.peak = {
        stress: isWorse ? stress : peak.stress,
        culprits: culprits.length > 0 ? culprits : peak.culprits,
      };
      if (isNamed && nowMs - episode.peakWrittenAtMs < peakEveryMs) continue;
      episode.peakWrittenAtMs = nowMs;
      this.#change(episode, episode.peak);
    }
  }

  /** Nothing happens for one that is not open. */
  end(kind: EpisodeKind, notes = ''): void {
    const episode = this.#open.get(kind);
    if (episode === undefined) return;
    this.#open.delete(kind);
    const durationMs = this.#options.clock.monotonicMs() - episode.sinceMs;
    this.#end(episode, { durationMs, ...episode.peak, notes });
  }

  /** With every sample: ends what could not be ended before. */
  tryAgain(): void {
    const due = this.#unended.takeDue(this.#options.clock.monotonicMs());
    if (due !== null) this.#end(due.episode, due.change);
  }

  /** Calls back when all before is written, or could not be. */
  afterwards(then: () => void): void {
    this.#inTurn(() => Promise.resolve(), then);
  }

  /** Resolves when all that was told is written, or could not be. */
  settled(): Promise<void> {
    return this.#written;
  }

  #change(
    episode: OpenEpisode,
    change: HappeningChange,
    then: (isWritten: boolean) => void = () => undefined,
  ): void {
    let isWritten = false;
    const write = async () => {
      if (episode.id !== null) {
        await this.#inTime(this.#options.store.updateHappening(episode.id, change));
      }
      isWritten = true;
    };
    this.#inTurn(write, () => then(isWritten));
  }

  #end(episode: OpenEpisode, change: HappeningChange): void {
    this.#change(episode, change, (isWritten) => {
      if (isWritten) return;
      this.#unended.hold({ episode, change }, this.#options.clock.monotonicMs());
    });
  }

  #inTurn(write: () => Promise<void>, then: () => void = () => undefined): void {
    if (this.#waiting + this.#late >= waitingMax) {
      this.#failed(new Error(`the store has ${waitingMax} writes to do already`));
      then();
      return;
    }
    this.#waiting += 1;
    this.#written = this.#written
      .then(write)
      .catch((error: unknown) => this.#failed(error))
      .then(then)
      .finally(() => (this.#waiting -= 1));
  }

  /** While a call hangs the next are made and not waited for: the news must not wait for a disk. */
  async #inTime<V>(call: Promise<V>): Promise<V> {
    const deadlineMs = this.#late > 0 ? 0 : storeMs;
    try {
      return await withDeadline(call, deadlineMs, {
        clock: this.#options.clock,
        what: 'the store',
      });
    } catch (error) {
      if (error instanceof DeadlineError) this.#awaitLate(call);
      throw error;
    }
  }

  #awaitLate(call: Promise<unknown>): void {
    const isOver = () => {
      this.#late -= 1;
    };
    this.#late += 1;
    call.then(isOver, isOver);
  }

  #failed(error: unknown): void {
    this.#options.log.warn('cannot keep what happened to the host', { error });
  }
}
