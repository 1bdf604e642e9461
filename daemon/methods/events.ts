/** events.* */
import type { Caller } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Handlers } from '../../rpc/table.ts';
import { isDaemonTopic } from '../../rpc/topic.ts';
import type { Subscriptions } from '../api/subscriptions.ts';
import type { Bus } from '../bus/bus.ts';
import { EventStream } from '../bus/event-stream.ts';

const historyLimit = 100;

export interface ModuleEvent {
  readonly module: string;
  readonly topic: string;
  readonly data: unknown;
}

/** @param onModuleEvent gets what modules of this daemon publish, right after all others; must not throw */
export function eventMethods(
  bus: Bus,
  subscriptions: Subscriptions,
  onModuleEvent: (event: ModuleEvent) => void = () => undefined,
): Pick<Handlers, 'events.subscribe' | 'events.publish' | 'events.history' | 'events.stats'> {
  return {
    'events.subscribe': ({ topics, from = null }, caller, call) => {
      const { peer } = caller;
      const name = sourceOf(caller);
      const stream = subscriptions.add(
        caller,
        (id) => new EventStream({ id, name, peer, bus, topics, from }),
      );
      call.afterAnswer(() => stream.start());
      return { subscription: stream.id, seq: stream.seq };
    },

    'events.publish': ({ topic, data }, caller) => {
      if (isDaemonTopic(topic)) {
        throw new RpcError(
          'refused',
          `cannot publish "${topic}": the daemon alone publishes under system, module, config and schedule — use a word of your own`,
          { reason: 'daemon_topic', topic },
        );
      }
      const id = bus.publish(topic, data, sourceOf(caller));
      const { module } = caller;
      if (module !== null) onModuleEvent({ module: module.name, topic, data });
      return { id };
    },

    'events.history': ({ topics = null, limit = historyLimit, from = null }) => ({
      events: bus.past(topics, limit, from),
    }),

    'events.stats': () => bus.stats(),
  };
}

function sourceOf({ module, role, job }: Caller): string {
  if (job !== null) return 'schedule';
  return module?.name ?? role ?? 'unknown';
}
