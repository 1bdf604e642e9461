/**
 * The keeper's children: launched here, or adopted from the records of a keeper that died. At most
 * one living launch of a name, and none before everything an earlier launch left behind has ended.
 */
import type { System } from '../system.ts';
import { AdoptedProcesses } from './adopted-processes.ts';
import { Adoption } from './adoption.ts';
import { type Child, newChild, reportExit, toReport } from './child.ts';
import { TreeEnder } from './ending.ts';
import { KeeperError } from './keeper-error.ts';
import { startChild } from './launch.ts';
import { Leftovers } from './leftovers.ts';
import { makeFifos } from './output/fifo.ts';
import { Outputs, type OutputsOptions } from './output/outputs.ts';
import { type OtherKeepers, ownerless, refuseSecondLaunch } from './ownership.ts';
import {
  type ChildReport,
  type ExitReport,
  type LaunchSpec,
  type StopRule,
  type Survivor,
} from './protocol.ts';
import { RecordStore } from './record-store.ts';
import { type LaunchRecord, readRecords } from './record.ts';
import { Threads } from './threads/threads.ts';

interface Launching {
  /** A stop came before the child was there. */
  isStopped: boolean;
}

export interface CustodyOptions extends OutputsOptions {
  readonly system: System;
  readonly ender: TreeEnder;
  /** Living keepers of other protocol versions, whose children are not ours to touch. */
  readonly otherKeepers: () => OtherKeepers;
  readonly onExit: (record: LaunchRecord, exit: ExitReport) => void;
}

export class Custody {
  readonly #options: CustodyOptions;
  readonly #records: RecordStore;
  readonly #children = new Map<string, Child>();
  readonly #outputs: Outputs;
  readonly #threads: Threads;
  readonly #launching = new Map<string, Launching>();
  /** What is being let go of; the next launch waits for it. */
  readonly #releasing = new Map<string, Promise<void>>();
  readonly #leftovers: Leftovers;
  readonly #adopted: AdoptedProcesses;
  readonly #adoption: Adoption;

  constructor(options: CustodyOptions) {
    this.#options = options;
    this.#outputs = new Outputs(options);
    this.#threads = new Threads(options);
    this.#leftovers = new Leftovers(options.ender);
    this.#adopted = new AdoptedProcesses(options.system);
    this.#records = new RecordStore(options.runDir, options.system, options.warn);
    this.#adoption = new Adoption({
      children: this.#children,
      records: this.#records,
      outputs: this.#outputs,
      threads: this.#threads,
      leftovers: this.#leftovers,
      adopted: this.#adopted,
      onExited: (...how) => void this.#exited(...how),
      warn: options.warn,
    });
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

  /**
   * Takes over what the records of dead keepers name; output is read on where it stood. What can
   * not be read on, or is named by no whole record, is ended.
   */
  adopt(): void {
    const { runDir, otherKeepers, warn } = this.#options;
    const isOurs = ({ name, launch }: LaunchRecord): boolean =>
      this.#launching.has(name) || this.#children.get(name)?.record.launch === launch;
    const { records, damaged } = ownerless(readRecords(runDir), otherKeepers(), isOurs);
    const names = records.map(({ name }) => name);
    const hasFifos = makeFifos(runDir, names);
    for (const record of records) this.#adoption.adopt(record, hasFifos);
    for (const { name, why } of damaged) {
      if (this.#children.get(name)?.process) continue;
      warn(`ending what runs of "${name}", whose record is damaged: ${why}`);
      this.#leftovers.endUnknown(name, () => {
        if (!this.#children.has(name)) this.#records.remove(name);
      });
    }
  }

  prepare(names: readonly string[]): void {
    makeFifos(this.#options.runDir, names);
  }

  /** @param stillWanted asked after the wait for leftovers: the daemon that wanted this may be gone */
  async spawn(spec: LaunchSpec, stillWanted: () => boolean): Promise<ChildReport> {
    const { name } = spec;
    this.#refuseWhenLive(name);
    refuseSecondLaunch(this.#options.runDir, name, this.#options.otherKeepers());
    const launching: Launching = { isStopped: false };
    this.#launching.set(name, launching);
    try {
      await this.#releasing.get(name);
      await this.#leftovers.endBefore(spec, this.#children.get(name));
      if (!stillWanted()) {
        throw new KeeperError('superseded', `a new daemon took over before "${name}" started`);
      }
      if (launching.isStopped) {
        throw new KeeperError('superseded', `"${name}" was stopped before it started`);
      }
      const record = await this.#launch(spec);
      // Only a thread takes more than one turn to start.
      if (this.#launching.get(name)?.isStopped) void this.stop(name, record.launch, spec.stop);
      return toReport(record);
    } finally {
      this.#launching.delete(name);
    }
  }

  /**
   * Ends a module's tree, also one of which only leftovers remain, and a launch under way.
   * Resolves after the exit is recorded and reported.
   * @param launch null for whichever there is; a launch that another one has followed is over
   */
  async stop(name: string, launch: string | null, rule: StopRule): Promise<Survivor[]> {
    const launching = this.#launching.get(name);
    if (launching) launching.isStopped = true;
    const child = this.#children.get(name);
    const isFollowed = child?.record.exit === null && child.record.launch !== launch;
    if (launch !== null && isFollowed) return [];
    if (child?.record.kind === 'thread') await this.#threads.terminate(child.record.launch);
    const root = { module: name, process: child?.process ?? null };
    const survivors = await this.#options.ender.end(root, rule);
    if (survivors.length === 0 && child?.record.exit === null) await this.#exitOf(child);
    return survivors;
  }

  async killAll(): Promise<Survivor[]> {
    const rule: StopRule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' };
    const names = [...this.#children.keys(), ...this.#launching.keys()];
    return (await Promise.all(names.map((name) => this.stop(name, null, rule)))).flat();
  }

  /** Every child by the rule given at its launch: the daemon is gone and we are asked to end. */
  async stopAllByRule(): Promise<Survivor[]> {
    const records = [...this.#children.values()].map(({ record }) => record);
    return (await Promise.all(records.map(({ name, stop }) => this.stop(name, null, stop)))).flat();
  }

  /** The daemon has stored this exit. A live launch is never forgotten. */
  forget(name: string, launch: string): void {
    const child = this.#children.get(name);
    if (child?.record.launch !== launch || child.record.exit === null) return;
    child.forgotten = true;
    this.#records.remove(name);
  }

  /** Another keeper serves the module from now on. Refused while a launch of it lives. */
  async release(name: string): Promise<void> {
    this.#refuseWhenLive(name);
    await this.#letGo(name, 'release');
  }

  /** The module is configured no more. Without effect while a launch of it lives. */
  discard(name: string): void {
    if (!this.#isLive(name)) void this.#letGo(name, 'discard');
  }

  /** The run folder was removed: the next keeper shall know what runs, and how the rest has ended. */
  async restore(): Promise<void> {
    for (const { record, forgotten } of this.#children.values())
      if (!forgotten) this.#records.save(record);
    await this.#threads.restoreSockets();
  }

  follow(names: readonly string[]): Promise<Record<string, number>> {
    return this.#outputs.follow(names);
  }

  /** Resolves when all output taken so far is in the files, and closes them. */
  async close(): Promise<void> {
    this.#adopted.close();
    this.#records.close();
    await this.#threads.close();
    await this.#outputs.close();
  }

  #isLive(name: string): boolean {
    return this.#launching.has(name) || this.#children.get(name)?.record.exit === null;
  }

  #refuseWhenLive(name: string): void {
    if (!this.#isLive(name)) return;
    throw new KeeperError('already_running', `a launch of "${name}" is alive`);
  }

  #letGo(name: string, how: 'release' | 'discard'): Promise<void> {
    const child = this.#children.get(name);
    const over = this.#leftovers.settled(name, child).then(async () => {
      await this.#outputs[how](name);
      if (this.#children.delete(name)) this.#records.remove(name);
      if (this.#releasing.get(name) === over) this.#releasing.delete(name);
    });
    this.#releasing.set(name, over);
    return over;
  }

  async #launch(spec: LaunchSpec): Promise<LaunchRecord> {
    const output = await this.#outputs.ofNext(spec);
    output.begin(spec.log, spec.seqFloor);
    const isThread = spec.kind === 'thread';
    const { record, onExit } = isThread
      ? await this.#threads.start(spec, (record) => this.#records.save(record))
      : await startChild(spec, output, this.#options.system);
    const child = newChild(record, isThread ? null : record.identity);
    this.#children.set(spec.name, child);
    onExit((code, signal) => void this.#exited(child, code, signal));
    if (!isThread) this.#records.save(record);
    return record;
  }

  #ended(child: Child, how: Pick<ExitReport, 'code' | 'signal' | 'reason'>): void {
    const { system, onExit, ender } = this.#options;
    const { record } = child;
    const exit = reportExit(record, how, this.#outputs.of(record), system);
    child.record = { ...record, exit };
    child.cleaned = this.#leftovers.clean(child);
    this.#records.save(child.record);
    onExit(child.record, exit);
    for (const tell of child.onEnded.splice(0)) tell();
    ender.lookSoon();
  }

  /** The process has ended; the system's word of it may still be on its way. */
  #exitOf(child: Child): Promise<void> {
    const ended = new Promise<void>((resolve) => child.onEnded.push(resolve));
    this.#adopted.look();
    return ended;
  }

  /** The end is told also when its last words cannot be read, such as with too many open files. */
  async #exited(child: Child, code: number | null, signal: string | null): Promise<void> {
    const reason = code === null && signal === null ? 'custody_lost' : null;
    try {
      await this.#outputs.of(child.record).drain();
    } catch (error) {
      const why = (error as Error).message;
      this.#options.warn(`cannot read the last output of "${child.record.name}": ${why}`);
    }
    this.#ended(child, { code, signal, reason });
  }
}
