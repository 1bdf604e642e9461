/**
 * What daemon and keeper say to each other: one JSON object per line on the keeper's socket.
 * The daemon asks, the keeper answers with the same `id`; `event` messages come unasked.
 *
 * One controller at a time: a new `hello` raises the epoch, and what the old connection had sent but
 * the keeper had not read is dropped, so a dead daemon's requests cannot run after the next daemon
 * has looked at what is there.
 *
 * A keeper outlives the daemon that started it, so an older one must be understood: change
 * `protocolVersion` with every change here, keep the old forms readable, and never change what a
 * daemon asks of an older keeper: hello, stop, kill_all, forget, release, follow and end. New
 * launches go to a keeper of the daemon's own version (see older-keeper.ts).
 */
import type { ProcessIdentity } from '../processes.ts';

export const protocolVersion = 1;

/** A request may carry a module's environment and note; everything else is tiny. */
export const requestBytesMax = 4 * 1024 * 1024;

export type StopScope = 'tree' | 'group' | 'process';

export interface StopRule {
  readonly signal: NodeJS.Signals;
  /** From the signal to SIGKILL; 0 begins with SIGKILL. */
  readonly timeoutMs: number;
  readonly scope: StopScope;
}

export interface LogRule {
  readonly maxSizeBytes: number;
  readonly keep: number;
  readonly overflow: 'block' | 'drop';
}

export interface LaunchSpec {
  readonly name: string;
  /** Unique for ever; the child finds it as `SUPERBOT_LAUNCH=<name>:<launch>`. */
  readonly launch: string;
  /** Default: a process. A thread's argv begins with its script. */
  readonly kind?: 'process' | 'thread';
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. It is handed to the child and stored nowhere. */
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly stop: StopRule;
  readonly log: LogRule;
  /** Log lines of this launch are numbered above it, even if the log file was removed. */
  readonly seqFloor: number;
  /** The daemon's own memory about this launch: kept in the record, given back by `list`. */
  readonly note: unknown;
}

export interface ExitReport {
  readonly code: number | null;
  readonly signal: string | null;
  /** `custody_lost`: it ended after its keeper had died, so code and signal are unknown. */
  readonly reason: 'custody_lost' | null;
  readonly at: string;
  readonly uptimeMs: number;
  /** The last lines it wrote, oldest first, at most 20. */
  readonly output: readonly string[];
  /** Number of its last log line. */
  readonly seq: number;
}

export interface ChildReport {
  readonly name: string;
  readonly launch: string;
  readonly identity: ProcessIdentity;
  readonly startedAt: string;
  /** CLOCK_MONOTONIC of this boot, which wall clock steps do not touch. */
  readonly startedMonotonicMs: number;
  readonly note: unknown;
  /** Null while it lives. Kept until the daemon says `forget`. */
  readonly exit: ExitReport | null;
}

/** A process that outlived SIGKILL. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
  /** What keeps it alive, where that can be seen; not told by older keepers. */
  readonly why?: string;
}

/** `survived SIGKILL: pid 12 (sleep 9)`, `cannot be ended: pid 12 (sleep 9), which belongs to uid 0` */
export function describeSurvivors(survivors: readonly Survivor[]): string {
  const isExplained = survivors.some(({ why }) => why !== undefined);
  const each = survivors.map(({ pid, command, why }) => {
    const known = `pid ${pid} (${command})`;
    return why === undefined ? known : `${known}, ${why}`;
  });
  return `${isExplained ? 'cannot be ended' : 'survived SIGKILL'}: ${each.join('; ')}`;
}

export interface KeeperLine {
  readonly seq: number;
  readonly time: string;
  readonly module: string;
  readonly stream: 'stdout' | 'stderr' | 'keeper';
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | null;
  readonly text: string;
  readonly fields?: Record<string, unknown>;
  readonly cont?: true;
}

/** How a daemon is started again. Its environment is kept in memory only. */
export interface DaemonLaunch {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface KeeperRequests {
  hello: {
    /** `revive`: what to start should this daemon end without `goodbye` or `end`; null: nothing. */
    params: { version: number; pid: number; revive: DaemonLaunch | null };
    reply: { version: number; pid: number; epoch: number; children: ChildReport[] };
  };
  /** Makes the FIFOs of these modules in one go; spawn makes a missing one by itself. */
  prepare: { params: { names: string[] }; reply: Record<string, never> };
  /**
   * Ends what an earlier launch left behind, starts the child, writes its record, then answers. On
   * a full disk it answers all the same, and the record is written as soon as that is possible.
   */
  spawn: { params: LaunchSpec; reply: ChildReport };
  /**
   * Answers when the tree is gone, or with what SIGKILL did not end. A spawn that still waits for
   * leftovers then fails. A launch that another one has followed is left in peace.
   */
  stop: {
    params: { name: string; launch: string | null; rule: StopRule };
    reply: { survivors: Survivor[] };
  };
  /** SIGKILL to every tree at once. */
  kill_all: { params: Record<string, never>; reply: { survivors: Survivor[] } };
  /** The daemon has stored this exit; the record may go. */
  forget: { params: { name: string; launch: string }; reply: Record<string, never> };
  /**
   * Another keeper serves the module from now on: its pipes are closed. Refused (`already_running`)
   * while a launch of it lives; answers when everything of earlier ones is gone and stored.
   */
  release: { params: { name: string }; reply: Record<string, never> };
  /**
   * The module is configured no more: its log is closed, its pipes and its record are removed as
   * soon as nothing of it runs. Without effect while a launch of it lives.
   */
  discard: { params: { name: string }; reply: Record<string, never> };
  /** Takes over what the records of keepers name that have died since this one started. */
  adopt: { params: Record<string, never>; reply: { children: ChildReport[] } };
  /** The daemon ends on purpose: it is not started again. */
  goodbye: { params: Record<string, never>; reply: Record<string, never> };
  /** Which modules' lines are sent as `line` events from now on. */
  follow: { params: { names: string[] }; reply: { seq: Record<string, number> } };
  /** Ends the keeper; refused while children live. */
  end: { params: Record<string, never>; reply: Record<string, never> };
}

export type KeeperOperation = keyof KeeperRequests;

/**
 * Asked of many modules in one turn, and answered so: the answers wait for the end of the turn, to be
 * one write. What the daemon asks never waits: it may be dead by then.
 */
export const joinedOperations: ReadonlySet<KeeperOperation> = new Set(['stop', 'forget']);

/** Why a request failed, in a form that the daemon decides on. */
export type KeeperErrorCode =
  'already_running' | 'spawn_failed' | 'survivors' | 'superseded' | 'bad_request' | 'internal';

export type KeeperReply =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { code: KeeperErrorCode; message: string; errno?: string };
    };

export type KeeperEvent =
  /** Another daemon said hello: the last that this connection says. */
  | { readonly event: 'superseded'; readonly by: number }
  | { readonly event: 'exit'; readonly name: string; readonly launch: string; exit: ExitReport }
  | { readonly event: 'line'; readonly line: KeeperLine }
  /** The daemon read too slowly: this many lines were not sent (they are in the file). */
  | { readonly event: 'skipped'; readonly name: string; readonly count: number };
