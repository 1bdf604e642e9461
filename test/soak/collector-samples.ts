/**
 * What is measured beside the comparison, from outside: how soon a trade is in the database while
 * nothing is wrong, and what the collector's memory does.
 */
import type { SoakHouse } from './collector-house.ts';
import { schema } from './collector-house.ts';
import type { SoakVenue } from './collector-venue.ts';

const megabyte = 1024 * 1024;
const windowMs = 10_000;
/** From match to commit; the last is what may be. */
const boundsMs = [250, 500, 1000, 2000] as const;
export type Bound = (typeof boundsMs)[number];
/** After a fault or a death it takes a while until everything is made up for. */
const calmMs = 30_000;

interface Promptness {
  readonly boundMs: Bound;
  readonly made: number;
  /** Of them, those that were committed within the bound. */
  readonly stored: number;
}

export class Samples {
  readonly p99s: number[] = [];
  readonly #promptness: Promptness[] = [];
  readonly #memory: { readonly minute: number; readonly pid: number; readonly mb: number }[] = [];
  #lastDeathMs = 0;

  /** A death began or was got over. */
  noteDeath(): void {
    this.#lastDeathMs = Date.now();
  }

  async isCalm(venue: SoakVenue): Promise<boolean> {
    const nowMs = Date.now();
    if (nowMs - this.#lastDeathMs < calmMs) return false;
    const faults = await venue.faults();
    return faults.every(({ untilMs }) => untilMs !== null && nowMs - untilMs >= calmMs);
  }

  /** Of the trades of some seconds, how many are there that should be. */
  async lookAtPromptness(venue: SoakVenue, house: SoakHouse): Promise<void> {
    await house.withDatabase(async (client) => {
      for (const boundMs of boundsMs) {
        const untilMs = Date.now() - boundMs;
        const fromMs = untilMs - windowMs;
        const { rows } = await client.query<{ n: string }>(
          `SELECT count(*) n FROM ${schema}.trades
           WHERE ts >= to_timestamp($1 / 1000.0) AND ts < to_timestamp($2 / 1000.0)
             AND source = 'stream'`,
          [fromMs, untilMs],
        );
        const made = await venue.countBetween(fromMs, untilMs);
        const stored = Math.min(made, Number(rows[0]?.n ?? 0));
        this.#promptness.push({ boundMs, made, stored });
      }
    });
    const status = await house.status();
    const latency = status?.trade_listener?.commit_latency_ms as { p99?: unknown } | undefined;
    if (typeof latency?.p99 === 'number') this.p99s.push(latency.p99);
  }

  async lookAtMemory(minute: number, house: SoakHouse): Promise<void> {
    const { pid, privateBytes } = await house.memory();
    this.#memory.push({ minute, pid, mb: privateBytes / megabyte });
  }

  /** MB per 10 minutes of the process that lived last, but for its first minutes; null: too short. */
  get memorySlope(): number | null {
    const pid = this.#memory.at(-1)?.pid;
    const life = this.#memory.filter((sample) => sample.pid === pid);
    const settled = life.slice(Math.floor(life.length / 3));
    return settled.length < 3 ? null : 10 * slopeOf(settled.map(({ minute, mb }) => [minute, mb]));
  }

  get memoryMax(): number {
    return Math.max(0, ...this.#memory.map(({ mb }) => mb));
  }

  /** The share of all trades of calm times that were stored within each bound; empty: no look. */
  get prompt(): ReadonlyMap<Bound, number> {
    return new Map(
      boundsMs.flatMap((boundMs) => {
        const looks = this.#promptness.filter((look) => look.boundMs === boundMs);
        const sum = (of: 'made' | 'stored') => looks.reduce((all, look) => all + look[of], 0);
        return sum('made') === 0 ? [] : [[boundMs, sum('stored') / sum('made')] as const];
      }),
    );
  }
}

/** Of the line that fits best (least squares). */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return over / under;
}
