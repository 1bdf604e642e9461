/**
 * Ends process trees: signal to the group, grace, SIGKILL to what is left, and a look at the process
 * table that proves it. One table is read per wave, however many trees are ending.
 */
import { commandLine, isStarved, isThere, type ProcessInfo } from '../processes.ts';
import type { System, Timer } from '../system.ts';
import { ProcessLooks } from './process-looks.ts';
import type { StopRule, Survivor } from './protocol.ts';
import { whyItSurvives } from './survival.ts';
import { type OwnerOf, type ProcessTable, type Seen, type TreeRoot, treeMembers } from './tree.ts';

/** How long a process may take to vanish after SIGKILL before it is called a survivor. */
const killPatienceMs = 5000;
const firstLookMs = 4;
const slowestLookMs = 100;
/** How many looks in a row must find nothing where processes had left the group of the launched one. */
const emptyLooksRequired = 4;
/** So many looks wait for processes that cannot be judged: about a second. */
const unclearLooksMax = 250;

interface Ending {
  readonly root: TreeRoot;
  readonly rule: StopRule;
  readonly finish: (survivors: Survivor[]) => void;
  /** What the last look found. */
  seen: Seen;
  /** One that forks and ends may slip through a look, so one is not enough to say that it is gone. */
  emptyLooksNeeded: number;
  unclearLooksLeft: number;
  /**
   * Whether a process that vanished during an empty look speaks against it, as it may have forked.
   * Where nothing is known to have left the group it does so once: strangers come and go all the time.
   */
  mindsVanished: boolean;
  hasStrays: boolean;
  phase: 'begin' | 'grace' | 'kill';
  othersSignalled: boolean;
  deadlineMs: number;
}

export class TreeEnder {
  readonly #system: System;
  readonly #ownerOf: OwnerOf;
  readonly #looks = new ProcessLooks();
  readonly #endings = new Set<Ending>();
  #timer: Timer | null = null;
  #lookMs = firstLookMs;
  #restUntilMs = 0;

  constructor(system: System, ownerOf: OwnerOf) {
    this.#system = system;
    this.#ownerOf = ownerOf;
  }

  /** Resolves when nothing of the tree runs any more, or with what even SIGKILL did not end. */
  end(root: TreeRoot, rule: StopRule): Promise<Survivor[]> {
    return new Promise((finish) => {
      this.#endings.add({
        root,
        rule,
        finish,
        seen: new Map(),
        emptyLooksNeeded: 1,
        unclearLooksLeft: unclearLooksMax,
        mindsVanished: true,
        hasStrays: false,
        phase: 'begin',
        othersSignalled: false,
        deadlineMs: this.#system.monotonicMs() + rule.timeoutMs,
      });
      this.lookSoon();
    });
  }

  /** A process ended: look again at once, whatever the pace was, but rest as long as a look takes. */
  lookSoon(): void {
    if (this.#endings.size === 0) return;
    this.#lookMs = firstLookMs;
    this.#schedule(Math.max(0, this.#restUntilMs - this.#system.monotonicMs()));
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#system.after(delayMs, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    const beganMs = this.#system.monotonicMs();
    try {
      this.#advanceAll();
    } catch (error) {
      // The next look makes up for it. Custody must not end for want of a file descriptor.
      if (!isStarved(error)) throw error;
    }
    const nowMs = this.#system.monotonicMs();
    this.#restUntilMs = nowMs + (nowMs - beganMs);
    if (this.#endings.size === 0) return;
    this.#schedule(this.#lookMs);
    this.#lookMs = Math.min(slowestLookMs, this.#lookMs * 2);
  }

  #advanceAll(): void {
    const launches = [...this.#endings].map(({ root }) => root.process?.startTime ?? null);
    const ownerOf = rememberingOwners(this.#ownerOf);
    const table = this.#looks.look(launches, ownerOf);
    for (const ending of this.#endings) {
      const survivors = this.#advance(ending, table, ownerOf);
      if (survivors === 'wait') continue;
      this.#endings.delete(ending);
      ending.finish(survivors);
    }
  }

  #advance(ending: Ending, table: ProcessTable, ownerOf: OwnerOf): Survivor[] | 'wait' {
    const { root, rule } = ending;
    const members = treeMembers(root, table, ownerOf, rule.scope, ending.seen);
    ending.seen = new Map(members.map(({ pid, startTime }) => [pid, startTime]));
    if (members.length === 0) {
      const isUnclear = rule.scope === 'tree' && hasUnclear(table, ownerOf, ending.mindsVanished);
      if (isUnclear && --ending.unclearLooksLeft > 0) {
        ending.mindsVanished = ending.hasStrays;
        ending.emptyLooksNeeded = emptyLooksRequired;
      } else if (--ending.emptyLooksNeeded <= 0) return [];
      this.#lookMs = firstLookMs;
      return 'wait';
    }
    if (members.some(({ groupId }) => groupId !== root.process?.pid)) {
      ending.emptyLooksNeeded = emptyLooksRequired;
      ending.hasStrays = true;
      ending.mindsVanished = true;
    }
    const nowMs = this.#system.monotonicMs();
    if (ending.phase !== 'kill' && nowMs >= ending.deadlineMs) {
      ending.phase = 'kill';
      ending.deadlineMs = nowMs + killPatienceMs;
    }
    if (ending.phase === 'kill') {
      if (nowMs >= ending.deadlineMs) return members.map(toSurvivor);
      for (const { pid } of members) sendSignal(pid, 'SIGKILL');
      return 'wait';
    }
    const top = members.find(({ pid }) => pid === root.process?.pid);
    if (ending.phase === 'begin') {
      ending.phase = 'grace';
      if (top) signalTop(top, rule);
    }
    // Helpers outside the group may serve the module's own graceful end: they are asked after it.
    if (!top && !ending.othersSignalled) {
      ending.othersSignalled = true;
      for (const { pid } of members) signalAwake(pid, rule.signal);
    }
    return 'wait';
  }
}

/**
 * Whether anything might be a member that hides itself in the middle of an exec.
 * @param mindsVanished also one that ended before it could be judged: what it forked is not in the table
 */
function hasUnclear(table: ProcessTable, ownerOf: OwnerOf, mindsVanished: boolean): boolean {
  for (const process of table.values()) {
    if (process.zombie || ownerOf(process) !== undefined) continue;
    if (mindsVanished || isThere(process)) return true;
  }
  return false;
}

/** Every ending asks about every process, so within one look each answer is found once. */
function rememberingOwners(ownerOf: OwnerOf): OwnerOf {
  const owners = new Map<ProcessInfo, string | null | undefined>();
  return (process) => {
    if (owners.has(process)) return owners.get(process);
    const owner = ownerOf(process);
    owners.set(process, owner);
    return owner;
  };
}

function signalTop(top: ProcessInfo, rule: StopRule): void {
  const wholeGroup = rule.scope !== 'process' && top.groupId === top.pid;
  signalAwake(wholeGroup ? -top.pid : top.pid, rule.signal);
}

/** A stopped process would not see the signal before it runs again. */
function signalAwake(pid: number, signal: NodeJS.Signals): void {
  sendSignal(pid, signal);
  sendSignal(pid, 'SIGCONT');
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone meanwhile, or not ours to signal: the next look at the table tells which.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function toSurvivor(process: ProcessInfo): Survivor {
  const { pid } = process;
  const why = whyItSurvives(process);
  return { pid, command: commandLine(pid), ...(why === null ? {} : { why }) };
}
