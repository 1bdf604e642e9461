/**
 * Sees to it that the daemon always has a keeper: takes over the one that serves this home, starts
 * one where there is none, and replaces one that dies or hangs. Modules live through all of it,
 * because the guardian holds their output pipes open meanwhile.
 */
import type { Part } from '../part.ts';
import { isAlive } from '../processes.ts';
import { realSystem, type Timer } from '../system.ts';
import { KeeperConnection, KeeperLostError } from './connection.ts';
import { type KeeperFiles, keeperFiles, readKeeperIdentity } from './files.ts';
import { HeldPipes } from './held-pipes.ts';
import { KeeperError } from './keeper-error.ts';
import {
  type ChildReport,
  type ExitReport,
  type KeeperEvent,
  type KeeperLine,
  type KeeperOperation,
  type KeeperRequests,
  type LaunchSpec,
  protocolVersion,
  type StopRule,
  type Survivor,
} from './protocol.ts';
import { startKeeper } from './start-keeper.ts';

const helloTimeoutMs = 5000;
const quickTimeoutMs = 10_000;
/** Beyond a rule's own timeout: SIGKILL, the look at the tree, a slow machine. */
const stopSlackMs = 20_000;
const attemptsMax = 5;
/** Between attempts to start a keeper: modules run on meanwhile, until their pipes are full. */
const restartDelayMs = 1000;

export interface GuardianOptions {
  readonly home: string;
  readonly onExit: (name: string, launch: string, exit: ExitReport) => void;
  /** A new keeper has taken over; these are all its children. */
  readonly onReplaced: (children: ChildReport[]) => void;
  readonly onLine: (line: KeeperLine) => void;
  readonly onSkipped: (name: string, count: number) => void;
  readonly log: (text: string) => void;
  /** How long a keeper stays without children and without a daemon; its own default without. */
  readonly lonelyMs?: number;
}

export class Guardian implements Part {
  readonly #options: GuardianOptions;
  readonly #files: KeeperFiles;
  readonly #heldPipes: HeldPipes;
  #connection: Promise<KeeperConnection> | null = null;
  #followed: readonly string[] = [];
  #stopping = false;
  #supersededBy: number | null = null;
  #restart: Timer | null = null;
  #children: ChildReport[] = [];
  #startedFresh = false;

  constructor(options: GuardianOptions) {
    this.#options = options;
    this.#files = keeperFiles(options.home);
    this.#heldPipes = new HeldPipes(this.#files.runDir);
  }

  /** What the keeper had in custody when this daemon came; their output is being read. */
  get children(): readonly ChildReport[] {
    return this.#children;
  }

  /** True when no keeper was there: what its children printed meanwhile may be lost. */
  get startedFresh(): boolean {
    return this.#startedFresh;
  }

  async start(): Promise<void> {
    await this.#connected();
  }

  /** Leaves the keeper and its children alone; `end` ends it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    // A connection that failed has been told to whoever waited for it.
    const connection = await this.#connection?.catch(() => null);
    connection?.close();
    await connection?.closed;
    this.#heldPipes.releaseAll();
  }

  /** Ends the keeper itself, for a clean stop. Rejects when children are alive. */
  async end(): Promise<void> {
    this.#stopping = true;
    const connection = await this.#connected();
    await connection.request('end', {}, quickTimeoutMs);
    await connection.closed;
  }

  async prepare(names: string[]): Promise<void> {
    await this.#request('prepare', { names }, quickTimeoutMs);
  }

  async spawn(spec: LaunchSpec): Promise<ChildReport> {
    const timeoutMs = spec.stop.timeoutMs + stopSlackMs;
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#connected();
      try {
        const report = await connection.request('spawn', spec, timeoutMs);
        this.#heldPipes.hold(spec.name);
        return report;
      } catch (error) {
        if (!(error instanceof KeeperLostError) || attempt === attemptsMax) throw error;
      }
      // The dying keeper may have launched it: then the next one has its record.
      await this.#connected();
      const launched = this.#children.find(({ launch }) => launch === spec.launch);
      if (launched) return launched;
    }
  }

  async stopTree(name: string, launch: string | null, rule: StopRule): Promise<Survivor[]> {
    const timeoutMs = rule.timeoutMs + stopSlackMs;
    return (await this.#request('stop', { name, launch, rule }, timeoutMs)).survivors;
  }

  async killAll(): Promise<Survivor[]> {
    return (await this.#request('kill_all', {}, stopSlackMs)).survivors;
  }

  async forget(name: string, launch: string): Promise<void> {
    await this.#request('forget', { name, launch }, quickTimeoutMs);
  }

  /** From now on only these modules' lines come as events. Answers with their last line numbers. */
  async follow(names: readonly string[]): Promise<Record<string, number>> {
    this.#followed = names;
    return (await this.#request('follow', { names: [...names] }, quickTimeoutMs)).seq;
  }

  /** For requests that may be repeated: once more with the next keeper when this one is lost. */
  async #request<O extends KeeperOperation>(
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
  ): Promise<KeeperRequests[O]['reply']> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#connected();
      try {
        return await connection.request(op, params, timeoutMs);
      } catch (error) {
        if (!(error instanceof KeeperLostError) || attempt === attemptsMax) throw error;
      }
    }
  }

  #connected(): Promise<KeeperConnection> {
    if (this.#supersededBy !== null) {
      const why = `daemon ${this.#supersededBy} has taken over the keeper of "${this.#options.home}"`;
      return Promise.reject(new KeeperError('superseded', why));
    }
    if (this.#connection) return this.#connection;
    const attempt = this.#connect();
    this.#connection = attempt;
    attempt.catch(() => {
      // Whoever waits for it is told; the next request makes another attempt.
      if (this.#connection === attempt) this.#connection = null;
    });
    return attempt;
  }

  async #connect(): Promise<KeeperConnection> {
    const connection =
      (await this.#takeOver()) ??
      (await this.#startNew().catch(async (error: unknown) => {
        // A keeper that was just starting for a daemon that died serves by now.
        const other = await this.#takeOver();
        if (other) return other;
        throw error;
      }));
    void connection.closed.then(() => this.#lost());
    if (this.#followed.length > 0) {
      await connection.request('follow', { names: [...this.#followed] }, quickTimeoutMs);
    }
    return connection;
  }

  /**
   * Null when no keeper serves this home. One that is alive but deaf is ended. Rejects when the
   * fault is on our side, such as too many open files: a healthy keeper is no remedy for it.
   */
  async #takeOver(): Promise<KeeperConnection | null> {
    try {
      const connection = await this.#open();
      this.#startedFresh = false;
      return connection;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isDeaf = error instanceof KeeperLostError;
      if (!isDeaf && code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
      const identity = readKeeperIdentity(this.#options.home);
      if (identity && isAlive(identity)) {
        this.#options.log(
          `keeper ${identity.pid} does not answer (${(error as Error).message}): replacing it`,
        );
        process.kill(identity.pid, 'SIGKILL');
      }
      return null;
    }
  }

  async #startNew(): Promise<KeeperConnection> {
    const { home, lonelyMs = null } = this.#options;
    const pid = await startKeeper(home, this.#files.log, lonelyMs);
    this.#options.log(`started keeper ${pid}`);
    const connection = await this.#open();
    this.#startedFresh = true;
    return connection;
  }

  async #open(): Promise<KeeperConnection> {
    const connection = await KeeperConnection.open(this.#files.socket, (event) =>
      this.#receive(event),
    );
    const hello = { version: protocolVersion, pid: process.pid };
    const { children } = await connection.request('hello', hello, helloTimeoutMs);
    this.#children = children;
    for (const { name, exit } of children) if (!exit) this.#heldPipes.hold(name);
    return connection;
  }

  #receive(event: KeeperEvent): void {
    switch (event.event) {
      case 'exit':
        this.#heldPipes.release(event.name);
        this.#children = this.#children.map((child) =>
          child.launch === event.launch ? { ...child, exit: event.exit } : child,
        );
        this.#options.onExit(event.name, event.launch, event.exit);
        break;
      case 'line':
        this.#options.onLine(event.line);
        break;
      case 'skipped':
        this.#options.onSkipped(event.name, event.count);
        break;
      case 'superseded':
        this.#supersededBy = event.by;
        this.#options.log(`daemon ${event.by} has taken over the keeper`);
        break;
    }
  }

  #lost(): void {
    this.#connection = null;
    if (this.#stopping || this.#supersededBy !== null) return;
    this.#options.log('the keeper is gone: starting another');
    this.#replace();
  }

  #replace(): void {
    if (this.#stopping) return;
    this.#connected().then(
      () => this.#options.onReplaced(this.#children),
      (error: unknown) => {
        this.#options.log(`cannot start a keeper, trying again: ${String(error)}`);
        this.#restart = realSystem.after(restartDelayMs, () => this.#replace());
      },
    );
  }
}
