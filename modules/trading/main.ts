/** The trading module as a program: ties the replay to the daemon. Runs without one, too. */
import path from 'node:path';
import { connectModule, log, RpcError } from '../api/module.ts';
import { openThreads, type Threads } from '../api/threads.ts';
import { balanceOf, ordersOf, positionsOf } from './answers.ts';
import type { BacktestTask } from './backtest.ts';
import { readShippedCandles } from './candles.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { MovingAverageCross } from './moving-average.ts';
import { monotonicClock } from './pacing.ts';
import { parseParams } from './params.ts';
import { Replay } from './replay.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;
const symbol = 'SP500';
/** Less than the 30 s that the daemon waits for the answer. */
const backtestTimeoutMs = 25_000;

const stop = new AbortController();
let threads: Promise<Threads> | null = null;
const link = connectModule({
  methods: {
    'trading.positions': async () => ({ positions: positionsOf((await replay).trader) }),
    'trading.orders': async () => ({ orders: ordersOf((await replay).trader) }),
    'trading.balance': async () => {
      const { trader, finished } = await replay;
      return balanceOf(trader, params.mode, finished);
    },
    'trading.backtest': (given) => backtest(given),
  },
  onShutdown: async () => {
    stop.abort();
    await running;
    await (await threads)?.close(0);
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

/** The params of this run, but for those that are given; in a thread, since it computes for long. */
async function backtest(given: unknown): Promise<unknown> {
  const asked = { ...link.params, ...(given as object) };
  const checked = parseParams(asked);
  if (!checked.ok) throw new RpcError('invalidParams', `invalid params: ${checked.problem}`);
  threads ??= openThreads(link);
  const task: BacktestTask = { symbol, params: asked };
  const pool = (await threads).pool('cpu');
  const file = new URL('./backtest.js', import.meta.url);
  return pool.run(file, task, { signal: stop.signal, timeoutMs: backtestTimeoutMs });
}

/** By the module's name, so that two modules of this program do not share one. */
function checkpointPath(): string {
  const home = process.env['SUPERBOT_HOME'] ?? '.';
  return path.join(home, 'data', link.name ?? 'trading', 'replay.json');
}
