/** One long piece of work, as callers and subscribers see it. */

export interface JobFacts {
  readonly job_id: string;
  readonly kind: 'backup' | 'restore' | 'migrate';
  readonly state: 'running' | 'done' | 'failed';
  readonly file: string | null;
  readonly step: string;
  readonly rows: number;
  readonly rows_total: number | null;
  readonly bytes: number;
  readonly tables: number;
  readonly applied: readonly string[];
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly error: string | null;
}

/** How the work says how far it is. */
export interface JobProgress {
  step(name: string): void;
  /** About how many rows there are. */
  total(rows: number): void;
  /** So many more are through. */
  rows(more: number): void;
  /** Of the file, so far. */
  bytes(soFar: number): void;
  tables(soFar: number): void;
  applied(migrations: readonly string[]): void;
}

const publishEveryMs = 250;

export class Job implements JobProgress {
  #facts: JobFacts;
  readonly #publish: (facts: JobFacts) => void;
  readonly #now: () => number;
  #publishedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    about: Pick<JobFacts, 'job_id' | 'kind' | 'file'>,
    publish: (facts: JobFacts) => void,
    now: () => number,
  ) {
    this.#publish = publish;
    this.#now = now;
    this.#facts = {
      ...about,
      state: 'running',
      step: 'beginning',
      rows: 0,
      rows_total: null,
      bytes: 0,
      tables: 0,
      applied: [],
      started_at: new Date(now()).toISOString(),
      finished_at: null,
      error: null,
    };
  }

  get facts(): JobFacts {
    return this.#facts;
  }

  step(step: string): void {
    this.#change({ step });
  }

  total(rows: number): void {
    this.#change({ rows_total: rows });
  }

  rows(more: number): void {
    this.#change({ rows: this.#facts.rows + more });
  }

  bytes(bytes: number): void {
    this.#change({ bytes });
  }

  tables(tables: number): void {
    this.#change({ tables });
  }

  applied(migrations: readonly string[]): void {
    this.#change({ applied: [...this.#facts.applied, ...migrations] });
  }

  /** @param error null when all went well */
  finish(error: string | null): void {
    const finished_at = new Date(this.#now()).toISOString();
    const state = error === null ? 'done' : 'failed';
    this.#facts = { ...this.#facts, state, error, finished_at };
    this.#publish(this.#facts);
  }

  #change(facts: Partial<JobFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    const nowMs = this.#now();
    if (Math.abs(nowMs - this.#publishedAtMs) < publishEveryMs) return;
    this.#publishedAtMs = nowMs;
    this.#publish(this.#facts);
  }
}
