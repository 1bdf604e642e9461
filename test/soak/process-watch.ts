/**
 * Looks at the process table all the time, from outside: which launches of which modules are alive.
 * Two launches of one module count as alive at once only if each was seen, and both are still there
 * after that.
 */
import { readdirSync } from 'node:fs';
import { initialEnvironment, readProcess } from '../../daemon/processes.ts';

const sampleMs = 20;
/** A process is forked with its parent's environment and gets its own a moment later. */
const youthMs = 2000;

interface Seen {
  readonly startTime: string;
  readonly sinceMs: number;
  /** `<module>:<launch id>`; null for what is nobody's. */
  launch: string | null;
}

export class ProcessWatch {
  readonly #home: string;
  readonly #seen = new Map<number, Seen>();
  readonly #timer: NodeJS.Timeout;
  /** What must not be, in words; empty while all is well. */
  readonly violations: string[] = [];
  /** The most living launches of one module that were ever seen. */
  copiesMax = 0;
  samples = 0;

  constructor(home: string) {
    this.#home = home;
    this.#timer = setInterval(() => this.look(), sampleMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Living processes by launch, by module. */
  look(): Map<string, Map<string, number[]>> {
    this.samples++;
    const modules = this.#sample();
    for (const [module, launches] of modules) {
      const living = launches.size < 2 ? launches.size : this.#stillLiving(launches).length;
      this.copiesMax = Math.max(this.copiesMax, living);
      if (living > 1) {
        const list = [...launches].map(([launch, pids]) => `${launch} (${pids.join(' ')})`);
        this.violations.push(`${living} launches of "${module}" at once: ${list.join(', ')}`);
      }
    }
    return modules;
  }

  #sample(): Map<string, Map<string, number[]>> {
    const pids = new Set(readdirSync('/proc').map(Number).filter(Number.isInteger));
    for (const pid of this.#seen.keys()) if (!pids.has(pid)) this.#seen.delete(pid);
    const modules = new Map<string, Map<string, number[]>>();
    for (const pid of pids) {
      const launch = this.#launchOf(pid);
      if (launch === null || !this.#isLiving(pid)) continue;
      const module = launch.split(':')[0] ?? '';
      const launches = modules.get(module) ?? new Map<string, number[]>();
      modules.set(module, launches);
      launches.set(launch, [...(launches.get(launch) ?? []), pid]);
    }
    return modules;
  }

  #stillLiving(launches: ReadonlyMap<string, number[]>): string[] {
    return [...launches.keys()].filter((launch) =>
      launches.get(launch)?.some((pid) => this.#isLiving(pid)),
    );
  }

  #isLiving(pid: number): boolean {
    const process = readProcess(pid);
    return (
      process !== null && !process.zombie && process.startTime === this.#seen.get(pid)?.startTime
    );
  }

  #launchOf(pid: number): string | null {
    const nowMs = performance.now();
    const known = this.#seen.get(pid);
    if (known && (known.launch !== null || nowMs - known.sinceMs > youthMs)) return known.launch;
    const startTime = known?.startTime ?? readProcess(pid)?.startTime;
    if (startTime === undefined) return null;
    const launch = this.#readLaunch(pid);
    this.#seen.set(pid, { startTime, sinceMs: known?.sinceMs ?? nowMs, launch });
    return launch;
  }

  #readLaunch(pid: number): string | null {
    const environment = initialEnvironment(pid);
    if (!environment?.includes(`SUPERBOT_HOME=${this.#home}`)) return null;
    const entry = environment.find((one) => one.startsWith('SUPERBOT_LAUNCH='));
    return entry?.slice('SUPERBOT_LAUNCH='.length) ?? null;
  }
}
