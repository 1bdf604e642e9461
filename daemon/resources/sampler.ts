/**
 * Looks at what everything uses: slowly by itself, and when somebody asks, then at most once a second
 * for all who ask together. What it tells about the processor is true of the time between two looks:
 * of the slow ones for whoever judges or keeps figures, of the latest for whoever asks.
 */
import type { SystemUsage, Usage } from '../../rpc/shapes-resources.ts';
import type { Part } from '../part.ts';
import type { System, Timer } from '../system.ts';
import { systemUsage, usageOf } from './busy.ts';
import type { Look } from './figures.ts';
import type { LookRequest, ResourcePlatform } from './platform.ts';
import type { RunningModule } from './trees.ts';

export interface Sample {
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly system: SystemUsage;
  readonly daemon: Usage;
  /** Only of modules of which something runs. */
  readonly modules: ReadonlyMap<string, Usage>;
}

export interface SamplerOptions {
  readonly system: System;
  readonly platform: ResourcePlatform;
  readonly running: () => readonly RunningModule[];
  readonly intervalMs: () => number;
  /** What a slow look is to measure besides; see LookRequest. */
  readonly memoryNeeds: () => LookRequest['wantsMemory'];
  /** A slow look was taken. */
  readonly onSample: (sample: Sample) => void;
  readonly onFault: (doing: string, error: unknown) => void;
}

const lookGapMs = 1000;
/** The daemon is busy enough with its start. */
const firstLookMs = 1000;

interface Dated {
  readonly look: Look;
  readonly atMonotonicMs: number;
}

export class Sampler implements Part {
  readonly #options: SamplerOptions;
  #timer: Timer | null = null;
  /** That the timer goes by. */
  #intervalMs = 0;
  #stopped = true;
  /** The last look that took everything in, and what it told. */
  #full: { readonly dated: Dated; readonly sample: Sample } | null = null;
  #last: Dated | null = null;
  #slow: Dated | null = null;
  #asked: Promise<Sample> | null = null;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    if (this.#stopped) {
      this.#stopped = false;
      this.#lookIn(Math.min(firstLookMs, this.#options.intervalMs()));
    }
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    // Whoever asked is told of its failure.
    await this.#asked?.then(noMore, noMore);
  }

  /** The interval may be another one; the same one goes on, however often this is called. */
  configure(): void {
    const intervalMs = this.#options.intervalMs();
    if (this.#timer === null || intervalMs === this.#intervalMs) return;
    this.#timer.cancel();
    this.#lookIn(intervalMs);
  }

  /** What is used now: not older than a second. Rejects when the machine cannot be looked at. */
  now(): Promise<Sample> {
    if (this.#asked) return this.#asked;
    const ageMs = this.#options.system.monotonicMs() - (this.#full?.dated.atMonotonicMs ?? 0);
    if (this.#full && ageMs < lookGapMs) return Promise.resolve(this.#full.sample);
    this.#asked = this.#lookAtAll().finally(() => (this.#asked = null));
    return this.#asked;
  }

  async #lookAtAll(): Promise<Sample> {
    const before = this.#last;
    const dated = await this.#look(() => true);
    const sample = this.#tell(dated, before);
    this.#full = { dated, sample };
    return sample;
  }

  #lookIn(delayMs: number): void {
    this.#intervalMs = this.#options.intervalMs();
    this.#timer = this.#options.system.after(delayMs, () => {
      this.#timer = null;
      this.#lookSlowly()
        .catch((error: unknown) => this.#options.onFault('look at what modules use', error))
        .finally(() => {
          // Also when this one failed; and not when the interval was changed meanwhile.
          if (!this.#stopped && this.#timer === null) this.#lookIn(this.#options.intervalMs());
        });
    });
  }

  async #lookSlowly(): Promise<void> {
    const { onSample, memoryNeeds } = this.#options;
    const dated = await this.#look(memoryNeeds());
    if (this.#stopped) return;
    const sample = this.#tell(dated, this.#slow);
    this.#slow = dated;
    onSample(sample);
  }

  async #look(wantsMemory: LookRequest['wantsMemory']): Promise<Dated> {
    const { platform, running, system } = this.#options;
    const look = await platform.look({ modules: withoutSharedProcesses(running()), wantsMemory });
    this.#last = { look, atMonotonicMs: system.monotonicMs() };
    return this.#last;
  }

  #tell({ look }: Dated, before: Dated | null): Sample {
    const was = before?.look ?? null;
    const modules = [...look.modules.keys()].map((name) => {
      return [name, usageOf(({ modules }) => modules.get(name), look, was)] as const;
    });
    return {
      atMs: this.#options.system.now(),
      system: systemUsage(look, was),
      daemon: usageOf(({ daemon }) => daemon, look, was),
      modules: new Map(modules),
    };
  }
}

/** Nobody can say which thread of a process uses how much of it. */
function withoutSharedProcesses(running: readonly RunningModule[]): RunningModule[] {
  const counts = new Map<number, number>();
  for (const { pid } of running) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return running.filter(({ pid }) => counts.get(pid) === 1);
}

function noMore(): void {
  return undefined;
}
