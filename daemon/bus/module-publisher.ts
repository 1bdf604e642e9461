import type { Occurrence, Transition } from '../supervisor/context.ts';
import type { EventData } from './bus.ts';
import {
  type Before,
  healthEvent,
  moduleEvents,
  nothingBefore,
  remembered,
} from './module-events.ts';

/** Tells the bus of each transition, and of what modules do without, in the order in which they happen. */
export class ModulePublisher {
  readonly #publish: (topic: string, data: EventData) => void;
  readonly #before = new Map<string, Before>();

  constructor(publish: (topic: string, data: EventData) => void) {
    this.#publish = publish;
  }

  take(transition: Transition): void {
    const { module } = transition;
    const before = this.#before.get(module) ?? nothingBefore;
    this.#before.set(module, remembered(transition, before));
    for (const { topic, data } of moduleEvents(transition, before)) this.#publish(topic, data);
  }

  occurrence(occurrence: Occurrence): void {
    const event = healthEvent(occurrence);
    if (event !== null) this.#publish(event.topic, event.data);
  }
}
