/** What the database module tells of a job meanwhile; only the newest counts. */
import type { DatabaseJob } from '../rpc/shapes-database.ts';

export class JobNews {
  #newest: DatabaseJob | null = null;
  #wake: () => void = () => undefined;

  tell(job: DatabaseJob): void {
    this.#newest = job;
    this.#wake();
  }

  /** null when there was none in time, or the signal was aborted. Leaves nothing on the signal. */
  async next(waitMs: number, signal: AbortSignal): Promise<DatabaseJob | null> {
    if (this.#newest === null && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, waitMs);
        signal.addEventListener('abort', wake);
        this.#wake = wake;
      });
    }
    const newest = this.#newest;
    this.#newest = null;
    return newest;
  }
}
