/**
 * How a module lives: the one table of states. Whatever happens to a module is an event of this
 * table; a pair that is not in it is a fault of ours, never a transition. The diagram in
 * docs/states.md is generated from it.
 */
import type { ModuleState } from '../../rpc/shapes.ts';

export type LifeEvent =
  /** A launch begins. */
  | 'launch'
  /** The keeper had it in custody when the daemon came. */
  | 'adopt'
  /** It is ready for work. */
  | 'ready'
  /** Whatever runs of it is asked to end. */
  | 'end'
  /** Nothing of it runs and nothing is due. */
  | 'gone'
  /** It ended unasked and will be tried again after a delay. */
  | 'back_off'
  /** It will not be tried again by itself. */
  | 'give_up'
  /** It could not be launched at all. */
  | 'import_failure';

type Row = Readonly<Partial<Record<LifeEvent, ModuleState>>>;

export const transitions: Readonly<Record<ModuleState, Row>> = {
  stopped: {
    launch: 'starting',
    adopt: 'starting',
  },
  starting: {
    ready: 'running',
    end: 'stopping',
    gone: 'stopped',
    back_off: 'restarting',
    give_up: 'failed',
    import_failure: 'import_failed',
  },
  running: {
    end: 'stopping',
    gone: 'stopped',
    back_off: 'restarting',
    give_up: 'failed',
  },
  stopping: {
    gone: 'stopped',
    back_off: 'restarting',
    give_up: 'failed',
  },
  restarting: {
    launch: 'starting',
    end: 'stopping',
  },
  failed: {
    launch: 'starting',
    end: 'stopping',
  },
  import_failed: {
    launch: 'starting',
    end: 'stopping',
  },
};

/** Null when the event cannot happen in this state. */
export function nextState(state: ModuleState, event: LifeEvent): ModuleState | null {
  return transitions[state][event] ?? null;
}

/** The table as a Mermaid state diagram. */
export function stateDiagram(): string {
  const lines = ['stateDiagram-v2', '  [*] --> stopped'];
  for (const [from, row] of Object.entries(transitions)) {
    for (const [event, to] of Object.entries(row)) lines.push(`  ${from} --> ${to}: ${event}`);
  }
  return lines.join('\n') + '\n';
}
