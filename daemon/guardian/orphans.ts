/**
 * Modules whose keeper is gone while no other can be started, as on a disk that has turned read-only:
 * the daemon ends their trees itself, by the same rules. Whose a process is, is known as a keeper
 * knows it: exactly the process that was launched, and by the environment what came of it.
 */
import { TreeEnder } from '../keeper/ending.ts';
import { keeperFiles, readKeeperIdentity } from '../keeper/files.ts';
import type { ChildReport, StopRule, Survivor } from '../keeper/protocol.ts';
import { readRecords } from '../keeper/record.ts';
import { ownerReader } from '../keeper/tree.ts';
import { isAlive, type ProcessIdentity, snapshotProcesses } from '../processes.ts';
import { realSystem } from '../system.ts';
import { KeeperUnavailableError } from './keeper-loss.ts';

const killRule: StopRule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' };

export class Orphans {
  readonly #home: string;
  readonly #launched = new Map<string, ProcessIdentity>();

  constructor(home: string) {
    this.#home = home;
  }

  /** The last launch of a module is this process. */
  know({ name, identity }: Pick<ChildReport, 'name' | 'identity'>): void {
    this.#launched.set(name, identity);
  }

  /** The module is configured no more. */
  forget(name: string): void {
    this.#launched.delete(name);
  }

  /**
   * Ends one module because of this failure to reach a keeper. Rejects with the failure where it is
   * no reason: it is another one, a keeper is alive, or others live in the same process as threads.
   */
  async end(name: string, rule: StopRule, failure: unknown): Promise<Survivor[]> {
    const launches = this.#requireNoKeeper(failure);
    const process = launches.get(name) ?? null;
    const shares = [...launches].filter(([, { pid }]) => pid === process?.pid);
    if (shares.length > 1) throw failure;
    return this.#ender().end({ module: name, process }, rule);
  }

  /** SIGKILL to everything of every module; rejects as `end` does. */
  async killAll(failure: unknown): Promise<Survivor[]> {
    const launches = this.#requireNoKeeper(failure);
    const ownerOf = this.#ownerReader();
    const owners = [...snapshotProcesses().values()].flatMap((one) => ownerOf(one) ?? []);
    const ender = this.#ender();
    const modules = [...new Set([...launches.keys(), ...owners])];
    const ends = modules.map((module) =>
      ender.end({ module, process: launches.get(module) ?? null }, killRule),
    );
    return (await Promise.all(ends)).flat();
  }

  /** What was launched and is alive: of this daemon's time, and by the records of earlier ones. */
  #requireNoKeeper(failure: unknown): Map<string, ProcessIdentity> {
    const keeper = readKeeperIdentity(this.#home);
    const isGone = keeper === null || !isAlive(keeper);
    if (!(failure instanceof KeeperUnavailableError) || !isGone) throw failure;
    const { records } = readRecords(keeperFiles(this.#home).runDir);
    const recorded = records.map(({ name, identity }) => [name, identity] as const);
    const living = [...recorded, ...this.#launched].filter(([, identity]) => isAlive(identity));
    return new Map(living);
  }

  #ender(): TreeEnder {
    return new TreeEnder(realSystem, this.#ownerReader());
  }

  #ownerReader(): ReturnType<typeof ownerReader> {
    return ownerReader(this.#home, () => new Set([process.pid]));
  }
}
