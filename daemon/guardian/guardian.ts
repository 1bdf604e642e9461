/**
 * Sees to it that the daemon's modules are always in custody. New launches go to the keeper of the
 * daemon's own version; what older keepers still have is asked of them. Modules live through the
 * death of any keeper, because the guardian holds their output pipes open meanwhile.
 */
import { keeperFiles } from '../keeper/files.ts';
import type {
  ChildReport,
  DaemonLaunch,
  ExitReport,
  KeeperEvent,
  KeeperLine,
  KeeperRequests,
  LaunchSpec,
  StopRule,
  Survivor,
} from '../keeper/protocol.ts';
import { readRecords } from '../keeper/record.ts';
import type { Part } from '../part.ts';
import type { System } from '../system.ts';
import { attemptsMax, CurrentKeeper, type KeeperLog, quickTimeoutMs } from './current-keeper.ts';
import { HeldPipes } from './held-pipes.ts';
import { KeeperDismissedError, KeeperLostError } from './keeper-loss.ts';
import { OlderKeepers } from './older-keepers.ts';
import { Orphans } from './orphans.ts';

/** Beyond a rule's own timeout: SIGKILL, the look at the tree, a slow machine. */
const stopSlackMs = 20_000;

export interface GuardianOptions {
  readonly system: Pick<System, 'monotonicMs'>;
  readonly home: string;
  /** How this daemon is started again should it die; null when nobody shall. */
  readonly revive: DaemonLaunch | null;
  readonly onExit: (name: string, launch: string, exit: ExitReport) => void;
  /** A new keeper has taken over; these are all children now in custody. */
  readonly onReplaced: (children: ChildReport[]) => void;
  readonly onLine: (line: KeeperLine) => void;
  readonly onSkipped: (name: string, count: number) => void;
  readonly log: KeeperLog;
  /** How long a keeper stays without children and without a daemon; its own default without. */
  readonly lonelyMs?: number;
}

export class Guardian implements Part {
  readonly #options: GuardianOptions;
  readonly #heldPipes: HeldPipes;
  readonly #current: CurrentKeeper;
  readonly #older: OlderKeepers;
  readonly #orphans: Orphans;
  /** Of the current keeper. */
  #children: readonly ChildReport[] = [];

  constructor(options: GuardianOptions) {
    const { system, home, lonelyMs = null, log, revive } = options;
    this.#options = options;
    this.#heldPipes = new HeldPipes(keeperFiles(home).runDir, (text) => log.warn(text));
    this.#orphans = new Orphans(home);
    const onEvent = (event: KeeperEvent): void => this.#receive(event);
    this.#current = new CurrentKeeper({
      home,
      lonelyMs,
      revive,
      log,
      system,
      onEvent,
      onChildren: (children) => this.#take(children),
      onReplaced: () => options.onReplaced(this.children),
    });
    const onLost = async (): Promise<void> => {
      await this.#adoptWhatIsLeft();
      options.onReplaced(this.children);
    };
    this.#older = new OlderKeepers({ home, log, onEvent, onLost });
  }

  /** What keepers had in custody when this daemon came; their output is being read. */
  get children(): ChildReport[] {
    return [...this.#older.children, ...this.#children];
  }

  /** True when no keeper was there: what its children printed meanwhile may be lost. */
  get startedFresh(): boolean {
    return this.#current.startedFresh && this.#older.isEmpty;
  }

  /** Rejects when a keeper of a newer version has the modules. */
  async start(): Promise<void> {
    // Before anything else: a keeper that hangs is ended, and must not take readers along.
    const { records } = readRecords(keeperFiles(this.#options.home).runDir);
    for (const { name, identity, exit } of records)
      if (!exit) this.#heldPipes.hold(name, identity.pid);
    await this.#older.takeOver();
    await this.#current.connected();
    await this.#adoptWhatIsLeft();
  }

  /** Leaves keepers and children alone; `end` ends them. */
  async stop(): Promise<void> {
    await this.#older.leave();
    await this.#current.stop();
    this.#heldPipes.releaseAll();
  }

  /**
   * Ends the keepers themselves, for a clean stop. Rejects when children are alive. Where no keeper
   * is left, nor can be started, what is left of the modules is ended.
   */
  async end(): Promise<void> {
    await this.#older.end();
    try {
      await this.#current.end();
    } catch (error) {
      const survivors = await this.#orphans.killAll(error);
      if (survivors.length > 0) throw error;
      this.#options.log.warn(`there is no keeper to be ended: ${(error as Error).message}`);
    }
  }

  /** This daemon ends on purpose: it is not started again. */
  async goodbye(): Promise<void> {
    await this.#current.goodbye().catch((error: unknown) => {
      this.#options.log.warn(`the keeper may start this daemon again: ${String(error)}`);
    });
  }

  async prepare(names: string[]): Promise<void> {
    await this.#current.request('prepare', { names }, quickTimeoutMs);
  }

  async spawn(spec: LaunchSpec): Promise<ChildReport> {
    const { name } = spec;
    const timeoutMs = spec.stop.timeoutMs + stopSlackMs;
    // They refuse while a launch lives, and stop reading the pipes that are the next one's. Without
    // them the request leaves at once, so that a stop that follows does not overtake it.
    if (!this.#older.isEmpty) await this.#older.requestAll('release', { name }, timeoutMs);
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#current.connected();
      try {
        // Before its exit, which may be the next thing that the keeper says.
        return await connection.request('spawn', spec, timeoutMs, (child) =>
          this.#hold(child, true),
        );
      } catch (error) {
        if (!(error instanceof KeeperLostError) || attempt === attemptsMax) throw error;
      }
      // The dying keeper may have launched it: then the next one has its record.
      await this.#current.connected();
      const launched = this.#children.find(({ launch }) => launch === spec.launch);
      if (launched) return launched;
    }
  }

  async stopTree(name: string, launch: string | null, rule: StopRule): Promise<Survivor[]> {
    const timeoutMs = rule.timeoutMs + stopSlackMs;
    const params = { name, launch, rule };
    const older = await this.#older.request(launch, 'stop', params, timeoutMs);
    if (older) return older.survivors;
    return this.#current.request('stop', params, timeoutMs).then(
      ({ survivors }) => survivors,
      (error: unknown) => (isDone(error) ? [] : this.#orphans.end(name, rule, error)),
    );
  }

  async killAll(): Promise<Survivor[]> {
    const [older, current] = await Promise.all([
      this.#older.requestAll('kill_all', {}, stopSlackMs),
      this.#current.request('kill_all', {}, stopSlackMs).then(
        ({ survivors }) => survivors,
        (error: unknown) => (isDone(error) ? [] : this.#orphans.killAll(error)),
      ),
    ]);
    return [...older.flatMap(({ survivors }) => survivors), ...current];
  }

  async forget(name: string, launch: string): Promise<void> {
    if (await this.#older.forget(name, launch)) return;
    await this.#tell('forget', { name, launch });
  }

  /** The module is configured no more: nothing of it is kept open once nothing of it runs. */
  async discard(name: string): Promise<void> {
    this.#heldPipes.release(name);
    this.#orphans.forget(name);
    await this.#tell('discard', { name });
  }

  /** From now on only these modules' lines come as events. Answers with their last line numbers. */
  async follow(names: readonly string[]): Promise<Record<string, number>> {
    const params = { names: [...names] };
    this.#current.followed = params.names;
    const [older, current] = await Promise.all([
      this.#older.requestAll('follow', params, quickTimeoutMs),
      this.#current.request('follow', params, quickTimeoutMs),
    ]);
    return Object.assign({}, ...[...older, current].map(({ seq }) => seq)) as typeof current.seq;
  }

  /** What a keeper that was ended need not know, and the next daemon tells one that was left. */
  async #tell<O extends 'forget' | 'discard'>(
    op: O,
    params: KeeperRequests[O]['params'],
  ): Promise<void> {
    try {
      await this.#current.request(op, params, quickTimeoutMs);
    } catch (error) {
      if (!(error instanceof KeeperDismissedError)) throw error;
    }
  }

  /** Also what keepers had that died while no daemon was there. */
  async #adoptWhatIsLeft(): Promise<void> {
    await this.#current.request('adopt', {}, quickTimeoutMs, ({ children }) => {
      this.#take(children);
    });
  }

  #take(children: readonly ChildReport[]): void {
    this.#children = children;
    for (const child of children) if (!child.exit) this.#hold(child);
  }

  #hold(child: ChildReport, isNew = false): void {
    this.#heldPipes.hold(child.name, child.identity.pid, isNew);
    this.#orphans.know(child);
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
        this.#yieldTo(event.by);
        break;
    }
  }

  #yieldTo(daemonPid: number): void {
    this.#options.log.warn(`daemon ${daemonPid} has taken over the keeper`);
    this.#older.yield();
    this.#current.yieldTo(daemonPid);
  }
}

/** A keeper ends only when nothing of the modules lives. */
function isDone(error: unknown): boolean {
  return error instanceof KeeperDismissedError && error.how === 'ended';
}
