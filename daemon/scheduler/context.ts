/** What the schedule needs from the rest of the daemon. */
import type { ModuleParams, Wanted } from '../../rpc/shapes.ts';
import type { System } from '../system.ts';

/** Any JSON values by name. */
export type EventData = ModuleParams;

export interface ScheduleContext {
  readonly system: System;
  /** Calls a method as an operator would, on behalf of the job. Rejects with an RpcError. */
  readonly call: (
    job: string,
    method: string,
    params: object,
    signal: AbortSignal,
  ) => Promise<unknown>;
  readonly modules: ScheduledModules;
  /** Stores all that is remembered; rejects when the disk does not take it. */
  readonly save: () => Promise<void>;
  readonly publish: (topic: string, data: EventData) => void;
  readonly log: {
    info(fields: object, text: string): void;
    warn(fields: object, text: string): void;
    error(fields: object, text: string): void;
  };
}

export interface ScheduledModules {
  /** What their hours say of the modules that have any; nothing follows from it at once. */
  setHours(hours: ReadonlyMap<string, Wanted>): void;
  /**
   * The hours that were set have just begun or ended: nobody's earlier word counts any more.
   * @returns who keeps the module down in spite of them, so that nothing happens; else null
   */
  passEdge(module: string, job: string): 'disabled' | 'operator' | 'halted' | null;
  /**
   * Resolves with how the run of a module that ends by itself has ended; at once when it does not
   * run. Null for a module that is to run always, or is not there. The signal ends the wait.
   */
  endOf(module: string, signal: AbortSignal): Promise<ModuleEnd> | null;
}

export type ModuleEnd =
  | { readonly status: 'done' }
  | { readonly status: 'failed'; readonly why: string }
  /** It was stopped before its work was done. */
  | { readonly status: 'interrupted' };

/** Why a run is under way. */
export type Trigger = 'time' | 'catch_up' | 'operator';
