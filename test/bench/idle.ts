import { setTimeout as delay } from 'node:timers/promises';
import { allRunning, sleepers, withDaemon } from './daemon.ts';
import { withBareParent } from './floors.ts';
import type { Figure } from './measure.ts';
import { cpuMs, sum, wakeUps } from './processes.ts';

const count = 100;
const settleMs = 10_000;
const watchedMs = 60_000;
/** Absolute, since a bare parent of idle children is never woken and so costs nothing at all. */
const percentMax = 0.18;

/** What a hundred modules cost that do nothing: both programs are watched over the same minute. */
export function idle(): Promise<Figure[]> {
  const { modules, names: autostart } = sleepers(count);
  return withDaemon({ modules, autostart }, ({ client, daemonPid, keeperPid }) =>
    withBareParent(async (parent) => {
      await parent.order({ order: 'start', count, respawn: true });
      await allRunning(client);
      await delay(settleMs);
      const look = () => ({ ours: costOf([daemonPid, keeperPid]), bare: costOf([parent.pid]) });
      const before = look();
      await delay(watchedMs);
      const after = look();
      const percent = (ms: number): number => (100 * ms) / watchedMs;
      const wakeUpCount = after.ours.wakeUps - before.ours.wakeUps;
      return [
        {
          what: `idle with ${count} modules, bare parent`,
          unit: '% of a core',
          value: percent(after.ours.cpuMs - before.ours.cpuMs),
          floor: percent(after.bare.cpuMs - before.bare.cpuMs),
          target: { kind: 'value_max', limit: percentMax },
        },
        {
          what: `wake-ups with ${count} idle modules`,
          unit: '/s',
          value: wakeUpCount / (watchedMs / 1000),
          floor: null,
          target: { kind: 'value_max', limit: 3 },
        },
      ];
    }),
  );
}

function costOf(pids: readonly number[]): { cpuMs: number; wakeUps: number } {
  return { cpuMs: sum(pids.map(cpuMs)), wakeUps: sum(pids.map(wakeUps)) };
}
