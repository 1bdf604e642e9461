/** What the daemon publishes of its modules. */
import type { Cause } from '../supervisor/causes.ts';
import type { Occurrence, Transition } from '../supervisor/context.ts';
import type { EventData } from './bus.ts';

/** What is remembered of a module from its earlier transitions. */
export interface Before {
  /** Who is behind the present launch. */
  readonly launchedBy: Cause | null;
  readonly pid: number | null;
}

export const nothingBefore: Before = { launchedBy: null, pid: null };

interface Topical {
  readonly topic: string;
  readonly data: EventData;
}

/** In the order in which they are published. Pure. */
export function moduleEvents(transition: Transition, before: Before): Topical[] {
  const { module, status } = transition;
  const { state, reason, restart_count, last_error } = status;
  return topicsOf(transition, before).map((topic) => {
    // Nothing of it runs any more, and what crashed had a pid.
    const pid = topic === 'module.crashed' ? before.pid : status.pid;
    return { topic, data: { module, pid, state, reason, restart_count, last_error } };
  });
}

/** Of what it wants and runs without; other news of its health are the watchdog's. Pure. */
export function healthEvent(occurrence: Occurrence): Topical | null {
  if (occurrence.kind !== 'wants') return null;
  const { missed, status } = occurrence;
  const { module, pid, state, restart_count, health } = status;
  if (health === 'unknown') return null;
  const reason = missed.length === 0 ? null : `it runs without ${missed.join(', ')}`;
  return { topic: `module.${health}`, data: { module, pid, state, reason, restart_count } };
}

export function remembered({ event, cause, status }: Transition, before: Before): Before {
  if (event === 'launch') return { launchedBy: cause, pid: null };
  return { launchedBy: before.launchedBy, pid: status.pid };
}

function topicsOf({ event, from, status }: Transition, { launchedBy }: Before): string[] {
  switch (event) {
    case 'launch':
      return ['module.starting'];
    case 'adopt':
      return ['module.adopted'];
    case 'ready':
      return isRestart(launchedBy)
        ? ['module.ready', 'module.started', 'module.restarted']
        : ['module.ready', 'module.started'];
    case 'end':
      return ['module.stopping'];
    case 'gone':
      return ['module.stopped'];
    case 'back_off':
      // Without a keeper there was nothing that could crash.
      return from === 'stopping' || status.reason === 'no_keeper'
        ? ['module.restarting']
        : ['module.crashed', 'module.restarting'];
    case 'give_up':
      return from === 'stopping' ? ['module.failed'] : ['module.crashed', 'module.failed'];
    case 'import_failure':
      return ['module.import_failed'];
  }
}

/** By the daemon itself, after it had ended. */
function isRestart(launchedBy: Cause | null): boolean {
  return launchedBy?.by === 'restart_policy' || launchedBy?.by === 'retry_failed';
}
