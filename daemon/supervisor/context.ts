/** What a module's life needs from the rest of the daemon. */
import type { ModuleConfig } from '../../config/effective.ts';
import type { ModuleHealth, ModuleParams, ModuleState, ModuleStatus } from '../../rpc/shapes.ts';
import type {
  ChildReport,
  ExitReport,
  LaunchSpec,
  StopRule,
  Survivor,
} from '../keeper/protocol.ts';
import type { AwaitedLine } from '../logs/await-line.ts';
import type { System } from '../system.ts';
import type { Cause } from './causes.ts';
import type { LaunchNote } from './launch/plan.ts';
import type { LifeEvent } from './states.ts';
import type { StormNews } from './storm-guard.ts';
import type { Wish } from './wishes.ts';

export interface Transition {
  readonly module: string;
  readonly event: LifeEvent;
  readonly from: ModuleState;
  readonly to: ModuleState;
  /**
   * Who is behind it; null when it followed from what the module did. Of giving up: who is behind
   * the launch that failed, if that was never ready.
   */
  readonly cause: Cause | null;
  readonly status: ModuleStatus;
  readonly maxRestarts: number;
}

/** What happens to a module and is no transition. */
export type Occurrence =
  | { readonly kind: 'asked'; readonly wish: Wish; readonly cause: Cause }
  /** Told before the transition that follows from it. `asked`: it was to end. */
  | { readonly kind: 'exit'; readonly exit: ExitReport; readonly asked: boolean }
  /** It was due to be restarted, and has to wait: too many restarts of all modules came together. */
  | { readonly kind: 'held'; readonly waitMs: number }
  /** `why`: its last check failed, and how. */
  | { readonly kind: 'health'; readonly health: ModuleHealth; readonly why: string | null }
  /** It runs and has to do without these, which it wants; empty: it has all of them again. */
  | {
      readonly kind: 'wants';
      readonly missed: readonly string[];
      readonly status: ModuleStatus;
    }
  /** It ran until the machine went down. */
  | { readonly kind: 'machine_restarted' };

export interface ModuleContext {
  readonly system: System;
  readonly keeper: {
    readonly spawn: (spec: LaunchSpec) => Promise<ChildReport>;
    readonly stopTree: (name: string, launch: string | null, rule: StopRule) => Promise<Survivor[]>;
    readonly forget: (name: string, launch: string) => Promise<void>;
    /** The module is configured no more: nothing of it is kept open once nothing of it runs. */
    readonly discard: (name: string) => Promise<void>;
  };
  /** Rejects with a LaunchError when the module cannot be launched as configured. */
  readonly plan: (
    config: ModuleConfig,
    launch: { launch: string; params: ModuleParams; seqFloor: number },
  ) => Promise<LaunchSpec & { note: LaunchNote }>;
  /** Whether the module has answered `link.shutdown` in time; at once when it has no link. */
  readonly askToShutDown: (module: string, deadlineMs: number) => Promise<boolean>;
  /** Calls back once when such a line is printed, or was; returns the end of looking. */
  readonly whenLineMatches: (line: AwaitedLine, onMatch: () => void) => () => void;
  /**
   * Stores every module's memory; rejects when the disk does not take it.
   * @param when `soon`: may wait a few milliseconds for another save; `now` unless it is given
   */
  readonly save: (when?: 'now' | 'soon') => Promise<void>;
  /** `<module>.pid`, for people and scripts. */
  readonly showPid: (module: string, pid: number | null) => void;
  readonly onTransition: (transition: Transition) => void;
  readonly onStorm: (news: StormNews) => void;
  readonly onOccurrence: (module: string, occurrence: Occurrence) => void;
  /** A fault that ends no operation but must not go unseen. */
  readonly onFault: (module: string, doing: string, error: unknown) => void;
}
