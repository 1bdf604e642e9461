/** The store of a host without a database: a bounded folder. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Happening } from '../happening.ts';
import type {
  HappeningChange,
  HappeningQuery,
  HistorySpan,
  MonitorStore,
  NewHappening,
  Pruned,
  PruneLimits,
  StoredSample,
} from '../store.ts';
import { sampleAsKept } from './as-kept.ts';
import type { HistoryRow } from './history-row.ts';
import { Journal } from './journal.ts';
import type { MonitorStoreOptions } from './open.ts';
import { Rounds } from './rounds.ts';
import { SampleBuffer, withBuffered } from './sample-buffer.ts';
import { SampleFiles } from './sample-files.ts';
import { StateFile } from './state-file.ts';
import { Stretches } from './stretches.ts';

/** To read a month takes seconds, in which others wait, and what comes does so in the buffer. */
const readersMax = 8;

export class FileStore implements MonitorStore {
  readonly kind = 'files';
  readonly #journal: Journal;
  readonly #state: StateFile;
  readonly #files: SampleFiles;
  readonly #buffer = new SampleBuffer();
  readonly #rounds: Rounds;
  /** Of whoever reads or changes the files of samples: one at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #readers = 0;

  private constructor(
    parts: { readonly journal: Journal; readonly state: StateFile; readonly files: SampleFiles },
    { clock, log }: Pick<MonitorStoreOptions, 'clock' | 'log'>,
  ) {
    this.#journal = parts.journal;
    this.#state = parts.state;
    this.#files = parts.files;
    this.#rounds = new Rounds({ round: () => this.#inTurn(() => this.#write()), clock, log });
  }

  /** Rejects when the folder cannot be used. */
  static async open(
    options: Pick<MonitorStoreOptions, 'folder' | 'clock' | 'log'>,
    bounds: { readonly bytesMax?: number; readonly fileBytesMax?: number } = {},
  ): Promise<FileStore> {
    const { folder, log } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const journal = await Journal.open({ file: path.join(folder, 'happenings.jsonl'), log });
    const state = await StateFile.open(path.join(folder, 'state.json'), log);
    const samples = path.join(folder, 'samples');
    const files = await SampleFiles.open({ folder: samples, log, ...bounds });
    return new FileStore({ journal, state, files }, options);
  }

  get problem(): string | null {
    return this.#rounds.problem;
  }

  get counts(): MonitorStore['counts'] {
    return this.#buffer.counts;
  }

  addSample(sample: StoredSample): void {
    this.#buffer.add(sampleAsKept(sample));
    this.#rounds.wish();
  }

  async addHappening(happening: NewHappening): Promise<number> {
    return (await this.#journal.add(happening)).id;
  }

  async updateHappening(id: number, change: HappeningChange): Promise<void> {
    const changed = await this.#journal.change(id, change);
    if (changed === null) throw new RangeError(`cannot change the happening ${id}: there is none`);
  }

  happenings(query: HappeningQuery): Promise<readonly Happening[]> {
    return Promise.resolve(this.#journal.find(query));
  }

  happening(id: number): Promise<Happening | null> {
    return Promise.resolve(this.#journal.get(id));
  }

  samples(span: Parameters<MonitorStore['samples']>[0]): Promise<readonly StoredSample[]> {
    return this.#read(async () => {
      const within = { fromMs: span.afterMs, untilMs: span.untilMs };
      let found: StoredSample[] = [];
      for await (const { samples, nextFromMs } of this.#files.read(within, { isWhole: true })) {
        found = withBuffered(found, samples, span);
        const lastMs = found.at(-1)?.sample.atMs ?? Infinity;
        if (found.length >= span.limit && nextFromMs > lastMs) break;
      }
      return withBuffered(found, this.#buffer.all(), span);
    });
  }

  history(span: HistorySpan): Promise<readonly HistoryRow[]> {
    return this.#read(async () => {
      const stretches = new Stretches(span);
      for await (const { samples, nextFromMs } of this.#files.read(span, { isWhole: false })) {
        for (const one of samples) stretches.add(one);
        if (stretches.isFullBefore(nextFromMs)) break;
      }
      for (const one of this.#buffer.all()) stretches.add(one);
      return stretches.rows();
    });
  }

  readState(key: string): Promise<unknown> {
    return Promise.resolve(this.#state.read(key));
  }

  writeState(key: string, value: unknown): Promise<void> {
    return this.#state.write(key, value);
  }

  async prune(limits: PruneLimits, { dryRun }: { readonly dryRun: boolean }): Promise<Pruned> {
    await this.#rounds.now();
    const samples = await this.#inTurn(() => this.#files.prune(limits.samplesBeforeMs, { dryRun }));
    const old = this.#journal.before(limits.happeningsBeforeMs);
    if (!dryRun) await this.#journal.remove(old.map(({ id }) => id));
    const folders = old.map(({ folder }) => folder).filter((folder) => folder !== null);
    if (!dryRun) folders.push(...this.#journal.takeHomeless());
    return { samples, happenings: old.length, folders };
  }

  async close(): Promise<void> {
    if (this.#buffer.size > 0) await this.#rounds.now();
    await this.#rounds.stop();
  }

  async #write(): Promise<void> {
    const samples = this.#buffer.all();
    if (samples.length === 0) return;
    await this.#files.append(samples);
    this.#buffer.stored(samples);
  }

  async #read<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#readers >= readersMax) {
      throw new Error(`cannot read the samples: ${readersMax} others wait for it — ask again soon`);
    }
    this.#readers += 1;
    return await this.#inTurn(work).finally(() => (this.#readers -= 1));
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work, work);
    this.#turn = done;
    return done;
  }
}
