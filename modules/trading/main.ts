/** The trading module as a program: ties the replay to the daemon. Runs without one, too. */
import path from 'node:path';
import { connectModule, log } from '../api/module.ts';
import { balanceOf, ordersOf, positionsOf } from './answers.ts';
import { readShippedCandles } from './candles.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { MovingAverageCross } from './moving-average.ts';
import { monotonicClock } from './pacing.ts';
import { parseParams } from './params.ts';
import { Replay } from './replay.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;
const symbol = 'SP500';

const stop = new AbortController();
const link = connectModule({
  methods: {
    'trading.positions': async () => ({ positions: positionsOf((await replay).trader) }),
    'trading.orders': async () => ({ orders: ordersOf((await replay).trader) }),
    'trading.balance': async () => {
      const { trader, finished } = await replay;
      return balanceOf(trader, params.mode, finished);
    },
  },
  onShutdown: async () => {
    stop.abort();
    await running;
  },
});

const parsed = parseParams(link.params);
if (!parsed.ok) {
  log.error(`cannot trade: ${parsed.problem}`);
  process.exit(configurationErrorExitCode);
}
const { params } = parsed;
const replay = Replay.open({
  symbol,
  candles: readShippedCandles(symbol),
  params,
  strategy: new MovingAverageCross(params),
  file: new CheckpointFile(checkpointPath()),
  clock: monotonicClock,
  log,
});
const running = replay.then((opened) => opened.run(stop.signal));
await replay;
link.ready();
await running;

/** By the module's name, so that two modules of this program do not share one. */
function checkpointPath(): string {
  const home = process.env['SUPERBOT_HOME'] ?? '.';
  return path.join(home, 'data', link.name ?? 'trading', 'replay.json');
}
