/** What modules share through the daemon. */
import { Bus } from '../bus/bus.ts';
import { ModulePublisher } from '../bus/module-publisher.ts';
import { type ShutdownStep, step } from '../ending/shutdown.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';

export interface SharingSources {
  readonly system: System;
  readonly log: Log;
}

export interface Sharing {
  readonly bus: Bus;
  /** Publishes what happens to modules. */
  readonly publisher: ModulePublisher;
  /** How it ends. */
  readonly steps: readonly ShutdownStep[];
}

export function buildSharing({ system, log }: SharingSources): Sharing {
  const bus = new Bus({ system, log });
  return {
    bus,
    publisher: new ModulePublisher(bus.publish),
    steps: [step('post', 8, 'event bus closed', () => bus.close())],
  };
}
