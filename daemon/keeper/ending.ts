/**
 * Ends process trees: signal to the group, grace, SIGKILL to what is left, and a look at the process
 * table that proves it. One table is read per wave, however many trees are ending.
 */
import { commandLine, type ProcessInfo, snapshotProcesses } from '../processes.ts';
import type { System, Timer } from '../system.ts';
import type { StopRule, Survivor } from './protocol.ts';
import { type OwnerOf, type ProcessTable, type TreeRoot, treeMembers } from './tree.ts';

/** How long a process may take to vanish after SIGKILL before it is called a survivor. */
const killPatienceMs = 5000;
const firstLookMs = 4;
const slowestLookMs = 100;

interface Ending {
  readonly root: TreeRoot;
  readonly rule: StopRule;
  readonly finish: (survivors: Survivor[]) => void;
  phase: 'begin' | 'grace' | 'kill';
  othersSignalled: boolean;
  deadlineMs: number;
}

export class TreeEnder {
  readonly #system: System;
  readonly #ownerOf: OwnerOf;
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
      const deadlineMs = this.#system.monotonicMs() + rule.timeoutMs;
      this.#endings.add({ root, rule, finish, phase: 'begin', othersSignalled: false, deadlineMs });
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
    const table = snapshotProcesses();
    const ownerOf = rememberingOwners(this.#ownerOf);
    for (const ending of this.#endings) {
      const survivors = this.#advance(ending, table, ownerOf);
      if (survivors === 'wait') continue;
      this.#endings.delete(ending);
      ending.finish(survivors);
    }
    const nowMs = this.#system.monotonicMs();
    this.#restUntilMs = nowMs + (nowMs - beganMs);
    if (this.#endings.size === 0) return;
    this.#schedule(this.#lookMs);
    this.#lookMs = Math.min(slowestLookMs, this.#lookMs * 2);
  }

  #advance(ending: Ending, table: ProcessTable, ownerOf: OwnerOf): Survivor[] | 'wait' {
    const { root, rule } = ending;
    const members = treeMembers(root, table, ownerOf, rule.scope);
    if (members.length === 0) return [];
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

/** Every ending asks about every process, so within one look each answer is found once. */
function rememberingOwners(ownerOf: OwnerOf): OwnerOf {
  const owners = new Map<ProcessInfo, string | null>();
  return (process) => {
    const known = owners.get(process);
    if (known !== undefined) return known;
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

function toSurvivor({ pid }: ProcessInfo): Survivor {
  return { pid, command: commandLine(pid) };
}
