/** All keepers of earlier versions that still have children: asked for what is theirs, ended after it. */
import { keepersOfOtherVersions } from '../keeper/files.ts';
import {
  type ChildReport,
  type KeeperEvent,
  type KeeperOperation,
  type KeeperRequests,
  protocolVersion,
} from '../keeper/protocol.ts';
import { type KeeperLog, quickTimeoutMs } from './current-keeper.ts';
import { KeeperLostError } from './keeper-loss.ts';
import { OlderKeeper, type OlderKeeperOptions } from './older-keeper.ts';

export interface OlderKeepersOptions {
  readonly home: string;
  readonly log: KeeperLog;
  readonly onEvent: (event: KeeperEvent) => void;
  /** One has died: what it had is nobody's. */
  readonly onLost: () => Promise<void>;
}

export class OlderKeepers {
  readonly #options: OlderKeepersOptions;
  readonly #keepers = new Set<OlderKeeper>();
  readonly #endings = new Set<Promise<void>>();
  /** Settles when the last that was lost has been seen to. */
  #handover: Promise<void> = Promise.resolve();
  #isLeft = false;

  constructor(options: OlderKeepersOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#keepers.size === 0;
  }

  get children(): ChildReport[] {
    return [...this.#keepers].flatMap(({ children }) => children);
  }

  /** Rejects when a keeper of a newer version has modules: only its own daemon understands it. */
  async takeOver(): Promise<void> {
    const { home, log, onEvent } = this.#options;
    for (const [version, identity] of keepersOfOtherVersions(home)) {
      if (version > protocolVersion) throw new Error(newerKeeper(identity.pid));
      const keeper = await this.#open({ home, version, identity, log, onEvent });
      if (!keeper) continue;
      log.info(`keeper ${identity.pid} of an older version serves its modules to their end`);
      if (keeper.children.length === 0) await this.#end(keeper);
    }
  }

  /** Null when none has the launch, or none has it any more. */
  async request<O extends KeeperOperation>(
    launch: string | null,
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
  ): Promise<KeeperRequests[O]['reply'] | null> {
    const keeper = this.#with(launch);
    return keeper && this.#ask(keeper, op, params, timeoutMs);
  }

  /** The answers of those that are not lost meanwhile. */
  async requestAll<O extends KeeperOperation>(
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
  ): Promise<KeeperRequests[O]['reply'][]> {
    const asked = [...this.#keepers].map((keeper) => this.#ask(keeper, op, params, timeoutMs));
    return (await Promise.all(asked)).filter((reply) => reply !== null);
  }

  /** True when one of them had it. With its last child a keeper goes. */
  async forget(name: string, launch: string): Promise<boolean> {
    const keeper = this.#with(launch);
    if (!keeper || !(await this.#ask(keeper, 'forget', { name, launch }, quickTimeoutMs))) {
      return false;
    }
    keeper.drop(launch);
    if (keeper.children.length === 0) await this.#end(keeper);
    return true;
  }

  /** Another daemon has them: nothing is to be done when they close their connections. */
  yield(): void {
    this.#isLeft = true;
  }

  /** Leaves them alone. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    await Promise.all([...this.#keepers].map((keeper) => keeper.leave()));
  }

  /** Rejects when children are alive. */
  async end(): Promise<void> {
    for (const keeper of this.#keepers) void this.#end(keeper);
    await Promise.all(this.#endings);
  }

  #with(launch: string | null): OlderKeeper | null {
    return [...this.#keepers].find(({ children }) => isAmong(children, launch)) ?? null;
  }

  /** Null when it is lost: what it had is in other hands by then. */
  async #ask<O extends KeeperOperation>(
    keeper: OlderKeeper,
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
  ): Promise<KeeperRequests[O]['reply'] | null> {
    try {
      return await keeper.request(op, params, timeoutMs);
    } catch (error) {
      if (!(error instanceof KeeperLostError)) throw error;
    }
    await this.#handover;
    return null;
  }

  async #open(options: OlderKeeperOptions): Promise<OlderKeeper | null> {
    const keeper = await OlderKeeper.open(options);
    if (!keeper) return null;
    this.#keepers.add(keeper);
    void keeper.closed.then(() => {
      if (this.#isLeft || !this.#keepers.delete(keeper)) return;
      this.#handover = this.#replace(options);
    });
    return keeper;
  }

  async #replace(options: OlderKeeperOptions): Promise<void> {
    const { log, onLost } = this.#options;
    const { pid } = options.identity;
    try {
      if (await this.#open(options)) return;
      log.warn(`keeper ${pid} of an older version is gone: the current one takes its modules over`);
      await onLost();
    } catch (error) {
      log.warn(`cannot take over what keeper ${pid} has left: ${String(error)}`);
    }
  }

  #end(keeper: OlderKeeper): Promise<void> {
    this.#keepers.delete(keeper);
    const ending = keeper.end().finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    return ending;
  }
}

function isAmong(children: readonly ChildReport[], launch: string | null): boolean {
  return launch !== null && children.some((child) => child.launch === launch);
}

function newerKeeper(pid: number): string {
  return `the modules in this home are in custody of keeper ${pid}, which a newer version of SuperBot has started — start that version again, or end keeper and modules with: kill ${pid}`;
}
