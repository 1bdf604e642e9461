import { parse, stringify } from 'yaml';
import type { RpcClient } from '../../rpc/client.ts';
import { until } from '../support/until.ts';
import { allRunning, sleepers, withDaemon } from './daemon.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 9;
const count = 300;
/** The sleepers are one object: written out, as people write them. */
const options = { aliasDuplicateObjects: false };

/** One of 300 modules changed in the file: how long until it runs anew, and whom else that moved. */
export function reload(): Promise<Figure[]> {
  const { modules, names: autostart } = sleepers(count);
  return withDaemon({ modules, autostart }, async ({ client, home }) => {
    await allRunning(client);
    let round = 0;
    const nextText = (): string => {
      round += 1;
      const m0 = { ...modules['m0'], args: [String(round)] };
      return stringify({ daemon: { modules: { ...modules, m0 }, autostart } }, options);
    };
    const others = autostart.filter((name) => name !== 'm0');
    let movedCount = 0;
    const reloadMs = async (): Promise<number> => {
      home.configure(nextText());
      const before = await pidsOf(client);
      const tookMs = await elapsedMs(async () => {
        await client.call('daemon.reload_config');
        await until('the changed one runs anew', async () => {
          const { pid, state } = await client.call('module.status', { module: 'm0' });
          return state === 'running' && pid !== before.get('m0');
        });
      });
      const after = await pidsOf(client);
      movedCount += others.filter((name) => before.get(name) !== after.get(name)).length;
      return tookMs;
    };
    const parseMs = (): Promise<number> => {
      const text = nextText();
      return elapsedMs(() => parse(text));
    };
    const measured = await compare(rounds, reloadMs, parseMs);
    return [
      {
        ...{ what: `reload of ${count} modules, one changed / reading its YAML`, unit: 'ms' },
        ...{ ...measured, target: { kind: 'ratio_max', limit: 15 } },
      },
      {
        ...{ what: '… pids of the others that it changed', unit: 'pids', value: movedCount },
        ...{ floor: null, target: { kind: 'value_max', limit: 0 } },
      },
    ];
  });
}

async function pidsOf(client: RpcClient): Promise<Map<string, number | null>> {
  const { modules } = await client.call('module.list');
  return new Map(modules.map(({ module, pid }) => [module, pid]));
}

async function elapsedMs(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
