import { setTimeout as delay } from 'node:timers/promises';
import { windowMs } from '../../daemon/watchdog/loop-lag.ts';
import { lagMsMax } from '../../rpc/loop-lag.ts';
import { until } from '../support/until.ts';
import { type BenchDaemon, sleepers, withDaemon } from './daemon.ts';
import type { Figure } from './measure.ts';

const modulesCount = 100;
const callersCount = 4;
/** The first window only finds that the loop is busy, and the last may have begun before the load. */
const loadMs = 5 * windowMs;

/**
 * How late the daemon's event loop is while clients ask without a pause and modules crash and are
 * started again: by its own measure, the worst of the windows.
 */
export async function lag(): Promise<Figure[]> {
  const { modules, names } = sleepers(modulesCount);
  const crasher = { type: 'exec', command: ['sh', '-c', 'exit 1'] };
  const restart = { base_delay: '100ms', max_delay: '100ms', max_restarts: 1_000_000 };
  const config = {
    modules: { ...modules, crasher: { ...crasher, restart } },
    autostart: names,
  };
  const worst = await withDaemon(config, async (daemon) => {
    await until('all sleepers run', async () => {
      const { modules: all } = await daemon.client.call('module.list');
      return all.every(({ module, state }) => state === 'running' || module === 'crasher');
    });
    await daemon.client.call('module.start', { module: 'crasher', wait: false });
    const load = new AbortController();
    const callers = Array.from({ length: callersCount }, () => askOn(daemon, load.signal));
    const windows: number[] = [];
    for (let waitedMs = 0; waitedMs < loadMs; waitedMs += windowMs) {
      await delay(windowMs);
      windows.push(await lagMsOf(daemon));
    }
    load.abort();
    await Promise.all(callers);
    return Math.max(...windows.slice(2));
  });
  return [
    {
      what: `lag of the daemon's event loop (99 of 100), ${callersCount} callers of ${modulesCount} modules`,
      unit: 'ms',
      value: worst,
      floor: null,
      target: { kind: 'value_max', limit: lagMsMax },
    },
  ];
}

async function askOn({ home }: BenchDaemon, signal: AbortSignal): Promise<void> {
  const client = await home.rpc();
  while (!signal.aborted) await client.call('module.list');
}

async function lagMsOf({ client }: BenchDaemon): Promise<number> {
  const families = (await client.call('monitoring.metrics')) as Record<
    string,
    { values: { value: number }[] } | undefined
  >;
  const p99 = families['superbot_event_loop_lag_p99_seconds']?.values[0]?.value;
  return 1000 * (p99 ?? Number.NaN);
}
