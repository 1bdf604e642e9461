import type { RpcClient } from '../../rpc/client.ts';
import { sleepers, withDaemon } from './daemon.ts';
import { type BareParent, withBareParent } from './floors.ts';
import { type Figure, median } from './measure.ts';

const rounds = 7;
const count = 100;

interface Wave {
  readonly startMs: number;
  readonly stopMs: number;
}

/** A hundred modules started and stopped at once, against spawning, signalling and awaiting them. */
export function waves(): Promise<Figure[]> {
  const { modules, names } = sleepers(count);
  return withDaemon({ modules }, ({ client }) =>
    withBareParent(async (parent) => {
      const ours: Wave[] = [];
      const bare: Wave[] = [];
      for (let round = 0; round <= rounds; round++) {
        bare.push(await waveOfParent(parent));
        ours.push(await waveOfModules(client, names));
      }
      return [
        figure(`start of ${count} modules / spawning them`, 'startMs', 2, ours, bare),
        figure(`stop of ${count} modules / signalling them`, 'stopMs', 4, ours, bare),
      ];
    }),
  );
}

async function waveOfParent(parent: BareParent): Promise<Wave> {
  return {
    startMs: await elapsedMs(() => parent.order({ order: 'start', count, respawn: false })),
    stopMs: await elapsedMs(() => parent.order({ order: 'stop' })),
  };
}

async function waveOfModules(client: RpcClient, names: readonly string[]): Promise<Wave> {
  const callAll = (method: 'module.start' | 'module.stop') =>
    Promise.all(names.map((module) => client.call(method, { module })));
  return {
    startMs: await elapsedMs(() => callAll('module.start')),
    stopMs: await elapsedMs(() => callAll('module.stop')),
  };
}

/** The first wave warms up and does not count. */
function figure(
  what: string,
  which: keyof Wave,
  limit: number,
  ours: readonly Wave[],
  bare: readonly Wave[],
): Figure {
  const medianOf = (waves: readonly Wave[]): number =>
    median(waves.slice(1).map((wave) => wave[which]));
  const target = { kind: 'ratio_max', limit } as const;
  return { what, unit: 'ms', value: medianOf(ours), floor: medianOf(bare), target };
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
