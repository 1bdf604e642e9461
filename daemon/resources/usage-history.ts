/**
 * What was used, hour by hour, for the report: beside the journal, a line for each hour, in files of
 * bounded size. The hour that runs is in memory, so that a daemon which is killed loses it.
 */
import { readFileSync, statSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseStoredLine } from '../../rpc/stored-line.ts';
import { RotatingFile } from '../rotating-file.ts';
import type { Sample } from './sampler.ts';
import { joined, spreadOf, type UsageSpread } from './spread.ts';

/** A hundred modules fill some 15 KB an hour: with all of them a month fits in. */
const rule = { maxSizeBytes: 4 * 1024 * 1024, keep: 2 };
const hourMs = 3_600_000;
/** Measuring it costs most of a look. */
const memoryEveryMs = 300_000;

/** Of one hour, or of the part of it in which a daemon ran. */
export interface UsageHour {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly daemon: UsageSpread;
  readonly modules: Readonly<Record<string, UsageSpread>>;
}

export class UsageHistory {
  readonly #file: RotatingFile;
  readonly #onFault: (doing: string, error: unknown) => void;
  #hour: UsageHour | null = null;
  #memoryAtMs = -Infinity;

  constructor(path: string, onFault: (doing: string, error: unknown) => void) {
    this.#file = new RotatingFile(path, rule);
    this.#onFault = onFault;
  }

  /** Whether the next sample is to know what everybody has. */
  isMemoryDue(nowMs: number): boolean {
    // Below nothing the wall clock was set back.
    const ageMs = nowMs - this.#memoryAtMs;
    return ageMs < 0 || ageMs >= memoryEveryMs;
  }

  take(sample: Sample): void {
    const { atMs } = sample;
    if (this.isMemoryDue(atMs)) this.#memoryAtMs = atMs;
    if (this.#hour && hourOf(this.#hour.fromMs) !== hourOf(atMs)) this.#store();
    this.#hour = withSample(this.#hour, sample);
  }

  /** What has been used since then, the oldest first; an hour that began before it is in it, too. */
  async read(sinceMs: number): Promise<UsageHour[]> {
    const hours: UsageHour[] = [];
    for (let age = rule.keep; age >= 0; age--) {
      const path = age === 0 ? this.#file.path : `${this.#file.path}.${age}`;
      hours.push(...hoursIn(path).filter(({ untilMs }) => untilMs >= sinceMs));
      // A part is a few megabytes to parse.
      await nextTurn();
    }
    return this.#hour && this.#hour.untilMs >= sinceMs ? [...hours, this.#hour] : hours;
  }

  /** Keeps the hour that runs; the next daemon goes on with another line. */
  close(): void {
    this.#store();
    this.#file.close();
  }

  #store(): void {
    if (!this.#hour) return;
    const line = Buffer.from(`${JSON.stringify(this.#hour)}\n`);
    this.#hour = null;
    try {
      const written = writeSync(this.#file.prepare(line.length), line);
      if (written === line.length) this.#file.wrote(written);
      else this.#file.discardPartial();
      this.#file.close();
    } catch (error) {
      this.#onFault('keep what was used in the last hour', error);
    }
  }
}

function withSample(hour: UsageHour | null, { atMs, daemon, modules }: Sample): UsageHour {
  const before = new Map(Object.entries(hour?.modules ?? {}));
  for (const [name, usage] of modules) {
    const known = before.get(name);
    before.set(name, known ? joined(known, spreadOf(usage)) : spreadOf(usage));
  }
  return {
    fromMs: hour?.fromMs ?? atMs,
    untilMs: atMs,
    daemon: hour ? joined(hour.daemon, spreadOf(daemon)) : spreadOf(daemon),
    modules: Object.fromEntries(before),
  };
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourMs);
}

/** None for a file that is not there, and for what is no file of ours. */
function hoursIn(path: string): UsageHour[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseStoredLine(line, isHour) ?? []);
}

function isHour(value: unknown): value is UsageHour {
  if (typeof value !== 'object' || value === null) return false;
  const { fromMs, untilMs, daemon, modules } = value as Partial<Record<string, unknown>>;
  const isTimed = typeof fromMs === 'number' && typeof untilMs === 'number';
  return isTimed && [daemon, modules].every((one) => typeof one === 'object' && one !== null);
}
