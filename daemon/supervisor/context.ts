/** What a module's life needs from the rest of the daemon. */
import type { ModuleConfig } from '../../config/effective.ts';
import type { ModuleParams, ModuleState, ModuleStatus } from '../../rpc/shapes.ts';
import type { ChildReport, LaunchSpec, StopRule, Survivor } from '../keeper/protocol.ts';
import type { System } from '../system.ts';
import type { LaunchNote } from './launch/plan.ts';
import type { LifeEvent } from './states.ts';

export interface Transition {
  readonly module: string;
  readonly event: LifeEvent;
  readonly from: ModuleState;
  readonly to: ModuleState;
  readonly status: ModuleStatus;
}

export interface ModuleContext {
  readonly system: System;
  readonly keeper: {
    readonly spawn: (spec: LaunchSpec) => Promise<ChildReport>;
    readonly stopTree: (name: string, launch: string | null, rule: StopRule) => Promise<Survivor[]>;
    readonly forget: (name: string, launch: string) => Promise<void>;
  };
  /** Rejects with a LaunchError when the module cannot be launched as configured. */
  readonly plan: (
    config: ModuleConfig,
    launch: { launch: string; params: ModuleParams; seqFloor: number },
  ) => Promise<LaunchSpec & { note: LaunchNote }>;
  /** Whether the module has answered `link.shutdown` in time; at once when it has no link. */
  readonly askToShutDown: (module: string, deadlineMs: number) => Promise<boolean>;
  /** Stores every module's memory; rejects when the disk does not take it. */
  readonly save: () => Promise<void>;
  /** `<module>.pid`, for people and scripts. */
  readonly showPid: (module: string, pid: number | null) => void;
  readonly onTransition: (transition: Transition) => void;
  /** A fault that ends no operation but must not go unseen. */
  readonly onFault: (module: string, doing: string, error: unknown) => void;
}
