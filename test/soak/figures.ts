/** What a soak counts, over all its rounds. */
import type { World } from './world.ts';

export class Figures {
  readonly #startedMs = performance.now();
  readonly #counts = new Map<string, number>();
  #slowestRestMs = 0;
  #copiesMax = 0;

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  settled(withinMs: number): void {
    this.#slowestRestMs = Math.max(this.#slowestRestMs, withinMs);
  }

  /** At the end of a world. */
  take({ watch, births }: { watch: World['watch']; births: readonly string[] }): void {
    this.count('rounds');
    this.count('launches', births.length);
    this.count('looks at the process table', watch.samples);
    this.#copiesMax = Math.max(this.#copiesMax, watch.copiesMax);
  }

  /** Lines of a name and a value. */
  report(): string {
    const rows: [string, string][] = [
      ['minutes', ((performance.now() - this.#startedMs) / 60_000).toFixed(1)],
      ...[...this.#counts].map(([what, n]): [string, string] => [what, String(n)]),
      ['slowest rest', `${Math.round(this.#slowestRestMs)} ms`],
      ['copies ever seen of one module', String(this.#copiesMax)],
    ];
    const width = Math.max(...rows.map(([what]) => what.length));
    return rows.map(([what, value]) => `${what.padEnd(width)}  ${value}`).join('\n');
  }
}
