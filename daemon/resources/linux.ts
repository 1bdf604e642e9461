/**
 * One pass over `/proc` for all modules. Reading it is work for the kernel that no other thread can
 * do for us, so it is done in slices: other work of the daemon has its turn in between.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OwnerOf, ownerReader } from '../keeper/tree.ts';
import type { Look, MachineFigures, TreeFigures } from './figures.ts';
import type { LookRequest, ResourcePlatform } from './platform.ts';
import {
  kilobytes,
  parseCpu,
  parseLoad,
  parseMemory,
  parseNetwork,
  parseUptimeMs,
} from './proc-machine.ts';
import { parseFigures, type ProcessFigures, unitsOf } from './proc-process.ts';
import { ownTree, treesOf } from './trees.ts';

/** How long a slice may take, and what is read by another thread because it takes longer alone. */
const sliceMs = 4;
const largeBytes = 256 * 1024 * 1024;

export interface LinuxOptions {
  /** Whose file system is shown. */
  readonly home: string;
  /** Pids of the daemon's keepers. */
  readonly keepers: () => readonly number[];
}

export class LinuxPlatform implements ResourcePlatform {
  readonly #options: LinuxOptions;
  readonly #units = unitsOf(readFileSync('/proc/self/auxv'));
  readonly #ownerOf: OwnerOf;
  /** The daemon and its keepers. */
  #own: ReadonlySet<number> = new Set();

  constructor(options: LinuxOptions) {
    this.#options = options;
    this.#ownerOf = ownerReader(options.home, () => this.#own);
  }

  async look({ modules, wantsMemory }: LookRequest): Promise<Look> {
    const keepers = this.#options.keepers();
    this.#own = new Set([process.pid, ...keepers]);
    const slices = new Slices();
    const machine = await this.#machine();
    const table = await this.#processes(slices);
    const bootMs = parseUptimeMs(readText('/proc/uptime')) ?? performance.now();
    const trees = new Map<string, TreeFigures>();
    for (const [module, tree] of treesOf(modules, table, {
      own: this.#own,
      ownerOf: this.#ownerOf,
    })) {
      trees.set(module, await figuresOf(tree, wantsMemory(module, residentOf(tree)), slices));
    }
    // What keepers have reaped are modules, with all that these ever used.
    const own = ownTree(process.pid, keepers, table).map((one) => ({ ...one, reapedMs: 0 }));
    const daemon = await figuresOf(own, wantsMemory('daemon', residentOf(own)), slices);
    return { bootMs, machine, modules: trees, daemon };
  }

  async #processes(slices: Slices): Promise<Map<number, ProcessFigures>> {
    const table = new Map<number, ProcessFigures>();
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = readText(`/proc/${name}/stat`);
      const figures = stat === '' ? null : parseFigures(stat, this.#units);
      if (!figures) continue;
      table.set(figures.pid, figures);
      // It remembers: so that all environments of a first look are not read in one go.
      if (!figures.zombie) this.#ownerOf(figures);
      await slices.turn();
    }
    return table;
  }

  async #machine(): Promise<MachineFigures> {
    return {
      cpu: parseCpu(readText('/proc/stat'), this.#units.tickMs),
      ...parseMemory(readText('/proc/meminfo')),
      load: parseLoad(readText('/proc/loadavg')),
      disk_percent: await diskPercent(this.#options.home),
      ...parseNetwork(readText('/proc/net/dev')),
    };
  }
}

function residentOf(tree: readonly ProcessFigures[]): number {
  return sum(tree.map(({ residentBytes }) => residentBytes));
}

class Slices {
  #beganMs = performance.now();

  /** Lets others have their turn when this slice has been long enough. */
  async turn(): Promise<void> {
    if (performance.now() - this.#beganMs < sliceMs) return;
    await nextTurn();
    this.#beganMs = performance.now();
  }
}

async function figuresOf(
  tree: readonly ProcessFigures[],
  withMemory: boolean,
  slices: Slices,
): Promise<TreeFigures> {
  const living = tree.filter(({ zombie }) => !zombie);
  let memoryBytes: number | null = withMemory ? 0 : null;
  for (const process of memoryBytes === null ? [] : living) {
    memoryBytes = (memoryBytes ?? 0) + (await memoryOf(process));
    await slices.turn();
  }
  return {
    times: new Map(tree.map((process) => [process.pid, process])),
    memoryBytes,
    threads: sum(living.map(({ threads }) => threads)),
    processes: living.length,
  };
}

/**
 * Its proportional set: pages that several processes share are divided among them, so that the sum
 * over a tree is what the tree has. What is resident where the kernel does not say, as of a program
 * with more rights than ours.
 */
async function memoryOf({ pid, residentBytes }: ProcessFigures): Promise<number> {
  const path = `/proc/${pid}/smaps_rollup`;
  const isLarge = residentBytes > largeBytes;
  const rollup = isLarge ? await readFile(path, 'utf8').catch(unlessGone) : readText(path);
  const proportional = kilobytes(rollup, 'Pss');
  return proportional === null ? residentBytes : proportional * 1024;
}

/** As `df` counts: of what users may have. Null for a home that is gone. */
async function diskPercent(home: string): Promise<number | null> {
  try {
    const { blocks, bfree, bavail } = await statfs(home);
    const used = blocks - bfree;
    return used + bavail > 0 ? Math.round((used / (used + bavail)) * 1000) / 10 : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'statfs') throw error;
    return null;
  }
}

/** Empty for what is gone, and for what we may not read. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return unlessGone(error);
  }
}

function unlessGone(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return '';
  throw error;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
