/** Keeps what could be seen of a happening, names it in the happening's row, and tells when it is done. */
import type { Clock } from '../api/clock.ts';
import { withDeadline } from '../api/deadline.ts';
import type { Logger } from '../api/log.ts';
import type { Forensics } from './forensics/forensics.ts';
import type { Capture, CaptureFile, CaptureRequest } from './forensics/request.ts';
import type { Happening } from './happening.ts';
import type { MonitorStore } from './store.ts';

export interface CapturesOptions {
  readonly forensics: Pick<Forensics, 'capture' | 'stop'>;
  readonly store: Pick<MonitorStore, 'updateHappening'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly onFinished: (captured: Captured) => void;
}

export interface Captured {
  /** Null where the happening has no row. */
  readonly id: Happening['id'] | null;
  readonly folder: string;
  readonly trigger: CaptureRequest['trigger'];
  readonly files: readonly CaptureFile[];
}

/** A capture that is complete is told, whatever the store does. */
const storeMs = 5000;

export class Captures {
  readonly #options: CapturesOptions;
  /** Bounded by the debounce of `forensics`. */
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  begin(id: Captured['id'], request: CaptureRequest): void {
    const work = this.#take(id, request);
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  /** Ends those under way, with what they have; resolves when nothing of them is left. */
  async stop(): Promise<void> {
    await this.#options.forensics.stop();
    await Promise.all(this.#underWay);
  }

  /** Never rejects. */
  async #take(id: Captured['id'], request: CaptureRequest): Promise<void> {
    const { forensics, onFinished } = this.#options;
    const capture = await forensics.capture(request);
    if (capture === null) return;
    if (id !== null) await this.#name(id, capture);
    const files = await capture.finished;
    onFinished({ id, folder: capture.folder, trigger: request.trigger, files });
  }

  /** Before it is finished: somebody may look at what there is. */
  async #name(id: Happening['id'], { folder }: Capture): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const named = store.updateHappening(id, { folder });
      await withDeadline(named, storeMs, { clock, what: 'the store' });
    } catch (error) {
      log.warn(`event ${id} does not name its capture ${folder}`, { error });
    }
  }
}
