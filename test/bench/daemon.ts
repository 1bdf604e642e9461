/** A daemon in the background of a temporary home, for as long as something is measured on it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import type { RpcClient } from '../../rpc/client.ts';
import { TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

export interface BenchDaemon {
  readonly home: TestHome;
  readonly client: RpcClient;
  readonly daemonPid: number;
  readonly keeperPid: number;
}

/**
 * @param config the value of `daemon:` in daemon.yaml
 * @param infrastructure that of `infrastructure:` in infrastructure.yaml
 */
export async function withDaemon<T>(
  config: object,
  use: (daemon: BenchDaemon) => Promise<T>,
  infrastructure: object = {},
): Promise<T> {
  const home = new TestHome({ logs: { level: 'info' }, ...config });
  const shared = JSON.stringify({ infrastructure });
  writeFileSync(join(home.configDir, 'infrastructure.yaml'), shared);
  try {
    const daemonPid = await home.start();
    const keeperPid = readKeeperIdentity(home.path)?.pid ?? 0;
    return await use({ home, client: await home.rpc(), daemonPid, keeperPid });
  } finally {
    await home.dispose();
  }
}

/** So many modules that only sleep, named m0, m1, …; ready as soon as they are launched. */
export function sleepers(count: number): { modules: Record<string, object>; names: string[] } {
  const names = Array.from({ length: count }, (_, i) => `m${i}`);
  const sleeper = {
    type: 'exec',
    command: ['sleep', '100000'],
    ready: { after: '0s' },
    restart: { base_delay: '0s', jitter: 0, max_restarts: 1_000_000 },
  };
  return { names, modules: Object.fromEntries(names.map((name) => [name, sleeper])) };
}

/** Waits until all of them run; they were started by `autostart`. */
export async function allRunning(client: RpcClient): Promise<void> {
  await until('all modules run', async () => {
    const { modules } = await client.call('module.list');
    return modules.every(({ state }) => state === 'running');
  });
}
