/** What the monitor sees, told on the bus: the topics of docs/monitoring.md. */
import type { Captured } from './captures.ts';
import type { LevelChange, MonitorEvents, SeenPause } from './monitor/events.ts';
import type { Notice } from './notices.ts';
import { snakeCased } from './snake-case.ts';
import { sampleInShort, timeOf } from './wire.ts';

/** Never waits. */
export type Emit = (topic: string, data: object) => void;

export type News = Pick<MonitorEvents, 'sample' | 'level' | 'pause' | 'suspend' | 'alert'> & {
  readonly captured: (captured: Captured) => void;
};

export function newsOf(emit: Emit): News {
  return {
    sample: (stored, level) => emit('stress.sample', sampleInShort(stored, level)),
    level: (change) => emit(`stress.${change.to}`, levelOnWire(change)),
    pause: (seen) => emit('stress.pause', pauseOnWire(seen)),
    suspend: ({ atMs, suspendedMs }) =>
      emit('stress.suspend', { at: timeOf(atMs), suspended_ms: suspendedMs }),
    alert: (notice: Notice) => emit('stress.alert', notice),
    captured: (captured) => emit('stress.forensics', captured),
  };
}

function levelOnWire({ from, atMs, stress, culprits, id }: LevelChange) {
  return { at: timeOf(atMs), id, from, stress, culprits: snakeCased(culprits) };
}

function pauseOnWire({ id, atMs, pause, stress, culprits }: SeenPause) {
  return {
    at: timeOf(atMs),
    id,
    ...snakeCased(pause),
    stress,
    culprits: snakeCased(culprits),
  };
}
