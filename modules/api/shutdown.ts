export interface ShutdownInfo {
  /** How long the module has, in milliseconds, before it is ended by force. */
  readonly deadlineMs: number;
  /** Aborted when that time is over. */
  readonly signal: AbortSignal;
}

export type ShutdownCallback = (info: ShutdownInfo) => Promise<void> | void;

/** What a module does before it ends. Runs once, however many ask for it. */
export class Shutdown {
  readonly #callbacks: ShutdownCallback[] = [];
  #running: Promise<void> | null = null;

  /** Callbacks run one after the other, the last added first. */
  add(callback: ShutdownCallback): void {
    this.#callbacks.push(callback);
  }

  /**
   * Resolves when every callback has run; rejects when some of them failed (the others ran all the
   * same) or when `deadlineMs` is over. A second call joins the first.
   */
  run(deadlineMs: number): Promise<void> {
    this.#running ??= this.#runAll(deadlineMs);
    return this.#running;
  }

  async #runAll(deadlineMs: number): Promise<void> {
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`the module did not finish within ${deadlineMs} ms`);
        deadline.abort(error);
        reject(error);
      }, deadlineMs);
    });
    try {
      await Promise.race([this.#runEach({ deadlineMs, signal: deadline.signal }), overdue]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #runEach(info: ShutdownInfo): Promise<void> {
    const errors: unknown[] = [];
    for (let next = this.#callbacks.pop(); next !== undefined; next = this.#callbacks.pop()) {
      try {
        await next(info);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'a shutdown callback failed');
  }
}
