import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { withDaemon } from './daemon.ts';
import type { Figure } from './measure.ts';
import { cpuMs } from './processes.ts';

/** Delays of 1, 2, 4, 8 and 16 s, each up to a tenth longer. */
const stormMs = 40_000;
const settleMs = 10_000;

/** A module that exits at once, under the default policy: six runs in half a minute, then failed. */
export function storm(): Promise<Figure[]> {
  const modules = { crasher: { type: 'exec', command: ['sh', '-c', 'exit 1'] } };
  return withDaemon({ modules }, async ({ home, client, daemonPid, keeperPid }) => {
    await delay(settleMs);
    const spentMs = (): number => cpuMs(daemonPid) + cpuMs(keeperPid);
    const beforeMs = spentMs();
    await client.call('module.start', { module: 'crasher', wait: false });
    // From its file: asking the daemon thousands of times would be what is measured.
    await until(
      'it is failed',
      () => readFileSync(home.paths.state, 'utf8').includes('"state": "failed"'),
      stormMs,
    );
    const value = spentMs() - beforeMs;
    const target = { kind: 'value_max', limit: 100 } as const;
    const what = 'processor time of a crash storm: six runs in 30 s';
    return [{ what, unit: 'ms', value, floor: null, target }];
  });
}
