/**
 * The keeper's children: launched here, or adopted from the records of a keeper that died. At most
 * one living launch of a name, and none before everything an earlier launch left behind has ended.
 */
import { isAlive } from '../processes.ts';
import type { System, Timer } from '../system.ts';
import { TreeEnder } from './ending.ts';
import { makeFifos } from './fifo.ts';
import { KeeperError } from './keeper-error.ts';
import { startChild, type StartedChild } from './launch.ts';
import { ModuleOutput } from './module-output.ts';
import {
  listSurvivors,
  type ChildReport,
  type ExitReport,
  type KeeperLine,
  type LaunchSpec,
  type StopRule,
  type Survivor,
} from './protocol.ts';
import { type LaunchRecord, removeRecord, writeRecord } from './record.ts';

/** Adopted processes are not our children, so nothing tells us of their end. */
const adoptedLookMs = 500;

interface Child {
  record: LaunchRecord;
  /** Settles when the tree is gone after its end; null while it lives. */
  cleaned: Promise<Survivor[]> | null;
  /** The daemon knows of its end. */
  forgotten: boolean;
}

export interface CustodyOptions {
  readonly system: System;
  readonly ender: TreeEnder;
  readonly runDir: string;
  readonly logsDir: string;
  readonly onExit: (record: LaunchRecord, exit: ExitReport) => void;
  readonly onLine: (line: KeeperLine) => void;
  readonly warn: (text: string) => void;
}

export class Custody {
  readonly #options: CustodyOptions;
  readonly #children = new Map<string, Child>();
  readonly #outputs = new Map<string, ModuleOutput>();
  readonly #launching = new Set<string>();
  readonly #adopted = new Set<Child>();
  #followed: ReadonlySet<string> = new Set();
  #adoptedTimer: Timer | null = null;

  constructor(options: CustodyOptions) {
    this.#options = options;
  }

  /** Children that live or are being launched. */
  get liveCount(): number {
    const living = [...this.#children.values()].filter(({ record }) => record.exit === null);
    return living.length + this.#launching.size;
  }

  list(): ChildReport[] {
    const known = [...this.#children.values()].filter(({ forgotten }) => !forgotten);
    return known.map(({ record }) => toReport(record));
  }

  /** Takes over what an earlier keeper's records name; output is read on where it stood. */
  adopt(records: readonly LaunchRecord[]): void {
    makeFifos(
      this.#options.runDir,
      records.map(({ name }) => name),
    );
    for (const record of records) {
      const child: Child = { record, cleaned: null, forgotten: false };
      this.#children.set(record.name, child);
      this.#output(record).begin(record.log, record.exit?.seq ?? 0);
      if (record.exit) child.cleaned = this.#clean(record);
      else if (isAlive(record.identity)) this.#adopted.add(child);
      else this.#ended(child, { code: null, signal: null, reason: 'custody_lost' });
    }
    this.#watchAdopted();
  }

  prepare(names: readonly string[]): void {
    makeFifos(this.#options.runDir, names);
  }

  /** @param stillWanted asked after the wait for leftovers: the daemon that wanted this may be gone */
  async spawn(spec: LaunchSpec, stillWanted: () => boolean): Promise<ChildReport> {
    const earlier = this.#children.get(spec.name);
    if (this.#launching.has(spec.name) || earlier?.record.exit === null) {
      throw new KeeperError('already_running', `a launch of "${spec.name}" is alive`);
    }
    this.#launching.add(spec.name);
    try {
      const survivors = await (earlier?.cleaned ?? this.#endLeftovers(spec));
      if (survivors.length > 0) throw survivorsError(spec.name, survivors);
      if (!stillWanted()) {
        throw new KeeperError('superseded', `a new daemon took over before "${spec.name}" started`);
      }
      return toReport(await this.#launch(spec));
    } finally {
      this.#launching.delete(spec.name);
    }
  }

  /** Ends a module's tree; also one of which only leftovers remain. */
  async stop(name: string, rule: StopRule): Promise<Survivor[]> {
    const record = this.#children.get(name)?.record;
    return this.#options.ender.end({ module: name, process: record?.identity ?? null }, rule);
  }

  async killAll(): Promise<Survivor[]> {
    const rule: StopRule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' };
    const names = [...this.#children.keys()];
    return (await Promise.all(names.map((name) => this.stop(name, rule)))).flat();
  }

  /** Every child by the rule given at its launch: the daemon is gone and we are asked to end. */
  async stopAllByRule(): Promise<Survivor[]> {
    const records = [...this.#children.values()].map(({ record }) => record);
    return (await Promise.all(records.map(({ name, stop }) => this.stop(name, stop)))).flat();
  }

  /** The daemon has stored this exit. A live launch is never forgotten. */
  forget(name: string, launch: string): void {
    const child = this.#children.get(name);
    if (child?.record.launch !== launch || child.record.exit === null) return;
    child.forgotten = true;
    removeRecord(this.#options.runDir, name);
  }

  /** @returns the number of the last line of each, so that a reader can join file and stream */
  follow(names: readonly string[]): Record<string, number> {
    this.#followed = new Set(names);
    for (const output of this.#outputs.values()) this.#connectFollower(output);
    return Object.fromEntries([...this.#outputs].map(([name, output]) => [name, output.seq]));
  }

  /** Resolves when all output taken so far is in the files, and closes them. */
  async close(): Promise<void> {
    this.#adoptedTimer?.cancel();
    const outputs = [...this.#outputs.values()];
    await Promise.all(
      outputs.map((output) => new Promise<void>((done) => output.whenStored(done))),
    );
    for (const output of outputs) output.close();
  }

  async #launch(spec: LaunchSpec): Promise<LaunchRecord> {
    makeFifos(this.#options.runDir, [spec.name]);
    const output = this.#output(spec);
    output.begin(spec.log, spec.seqFloor);
    const started = await startChild(spec, output, this.#options.system);
    const child: Child = { record: started.record, cleaned: null, forgotten: false };
    this.#children.set(spec.name, child);
    started.onExit((code, signal) => {
      output.drain();
      this.#ended(child, { code, signal, reason: null });
    });
    await this.#store(started);
    return child.record;
  }

  async #store({ record }: StartedChild): Promise<void> {
    try {
      writeRecord(this.#options.runDir, record);
    } catch (error) {
      await this.stop(record.name, { ...record.stop, timeoutMs: 0 });
      const why = (error as Error).message;
      throw new KeeperError('spawn_failed', `cannot write the record of "${record.name}": ${why}`);
    }
  }

  #ended(child: Child, how: Pick<ExitReport, 'code' | 'signal' | 'reason'>): void {
    const { system, runDir, onExit, warn } = this.#options;
    const { record } = child;
    const output = this.#output(record);
    const exit: ExitReport = {
      ...how,
      at: new Date(system.now()).toISOString(),
      uptimeMs: Math.max(0, system.monotonicMs() - record.startedMonotonicMs),
      output: output.recent,
      seq: output.seq,
    };
    child.record = { ...record, exit };
    child.cleaned = this.#clean(record);
    try {
      writeRecord(runDir, child.record);
    } catch (error) {
      warn(`cannot store the exit of "${record.name}" in its record: ${(error as Error).message}`);
    }
    onExit(child.record, exit);
    this.#options.ender.lookSoon();
  }

  /** What an ended launch left behind is ended by its own rule. */
  #clean({ name, identity, stop }: LaunchRecord): Promise<Survivor[]> {
    return this.#options.ender.end({ module: name, process: identity }, stop);
  }

  /** Before the first launch in this keeper's life: leftovers of launches it knows nothing of. */
  #endLeftovers({ name, stop }: LaunchSpec): Promise<Survivor[]> {
    return this.#options.ender.end({ module: name, process: null }, stop);
  }

  #output({ name, log }: { name: string; log: LaunchSpec['log'] }): ModuleOutput {
    let output = this.#outputs.get(name);
    if (!output) {
      output = new ModuleOutput(name, this.#options, log);
      this.#outputs.set(name, output);
      this.#connectFollower(output);
    }
    return output;
  }

  #connectFollower(output: ModuleOutput): void {
    output.follower = this.#followed.has(output.module) ? this.#options.onLine : null;
  }

  #watchAdopted(): void {
    if (this.#adopted.size === 0) return;
    this.#adoptedTimer = this.#options.system.after(adoptedLookMs, () => {
      for (const child of this.#adopted) {
        if (isAlive(child.record.identity)) continue;
        this.#adopted.delete(child);
        this.#output(child.record).drain();
        this.#ended(child, { code: null, signal: null, reason: 'custody_lost' });
      }
      this.#watchAdopted();
    });
  }
}

function toReport(record: LaunchRecord): ChildReport {
  const { name, launch, identity, startedAt, startedMonotonicMs, note, exit } = record;
  return { name, launch, identity, startedAt, startedMonotonicMs, note, exit };
}

function survivorsError(name: string, survivors: readonly Survivor[]): KeeperError {
  const list = listSurvivors(survivors);
  return new KeeperError('survivors', `cannot start "${name}": ${list} survived SIGKILL`);
}
