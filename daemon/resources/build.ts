/** Puts the part together out of what the rest of the daemon gives it. */
import { join } from 'node:path';
import type { HomePaths } from '../../config/paths.ts';
import { balance, type Balance } from '../../rpc/shapes-trading.ts';
import { keepersOfOtherVersions, readKeeperIdentity } from '../keeper/files.ts';
import { hasProc } from '../processes.ts';
import { version } from '../version.ts';
import { LinuxPlatform } from './linux.ts';
import { unknownPlatform } from './platform.ts';
import { Resources, type ResourcesOptions } from './resources.ts';

/** Without the name of a module, which has no dot: readers of the journal pass it over. */
const historyFile = 'daemon.usage.ndjson';
const balanceTimeoutMs = 5000;

export interface ResourcesParts extends Omit<
  ResourcesOptions,
  'platform' | 'version' | 'journalDir' | 'historyPath' | 'balances'
> {
  readonly paths: HomePaths;
  /** What the module answers that claims this method now; null when none does, or not in time. */
  readonly ask: (
    method: string,
    timeoutMs: number,
  ) => Promise<{ readonly module: string; readonly answer: unknown } | null>;
}

export function buildResources({ paths, ask, ...options }: ResourcesParts): Resources {
  const { root: home, journalDir } = paths;
  return new Resources({
    ...options,
    platform: hasProc
      ? new LinuxPlatform({ home, keepers: () => keeperPids(home) })
      : unknownPlatform,
    version,
    journalDir,
    historyPath: join(journalDir, historyFile),
    balances: async () => {
      const said = await ask('trading.balance', balanceTimeoutMs);
      const { data } = balance.safeParse(said?.answer);
      return new Map<string, Balance>(said && data ? [[said.module, data]] : []);
    },
  });
}

function keeperPids(home: string): number[] {
  const current = readKeeperIdentity(home);
  const older = [...keepersOfOtherVersions(home).values()];
  return [...(current ? [current] : []), ...older].map(({ pid }) => pid);
}
