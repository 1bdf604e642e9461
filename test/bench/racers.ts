import { connect } from '../../rpc/client.ts';
import { ProcessWatch } from '../soak/process-watch.ts';
import { sleepers, withDaemon } from './daemon.ts';
import type { Figure } from './measure.ts';

const clients = 50;
const times = 5;

/** Fifty clients restart the same module, five times each, all at once. */
export function racers(): Promise<Figure[]> {
  const { modules, names: autostart } = sleepers(1);
  return withDaemon({ modules, autostart }, async ({ home }) => {
    const watch = new ProcessWatch(home.path);
    try {
      const startedMs = performance.now();
      const errors = await Promise.all(
        Array.from({ length: clients }, () => restartAll(home.path)),
      );
      const ms = performance.now() - startedMs;
      console.error(`${clients * times} restarts asked for in ${Math.round(ms)} ms`);
      for (const error of new Set(errors.flat())) console.error(error);
      const what = `${clients} clients restarting one module ${times} times each`;
      return [
        { what, unit: 'errors', value: errors.flat().length, floor: null, target: atMost(0) },
        {
          what: '… copies ever seen of it',
          unit: 'copies',
          value: watch.copiesMax,
          floor: null,
          target: atMost(1),
        },
      ];
    } finally {
      watch.close();
    }
  });
}

function atMost(limit: number): Figure['target'] {
  return { kind: 'value_max', limit };
}

/** What one client is told that is not a success. */
async function restartAll(home: string): Promise<string[]> {
  const client = await connect({ home });
  const errors: string[] = [];
  for (let n = 0; n < times; n++) {
    await client
      .call('module.restart', { module: 'm0' }, { timeoutMs: 120_000 })
      .catch((error: unknown) => errors.push(String(error)));
  }
  client.destroy();
  return errors;
}
