/** events.* */
import type { Caller } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Handlers } from '../../rpc/table.ts';
import { isDaemonTopic } from '../../rpc/topic.ts';
import type { Subscriptions } from '../api/subscriptions.ts';
import type { Bus } from '../bus/bus.ts';
import { EventStream } from '../bus/event-stream.ts';

const historyLimit = 100;

export function eventMethods(
  bus: Bus,
  subscriptions: Subscriptions,
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
      return { id: bus.publish(topic, data, sourceOf(caller)) };
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
