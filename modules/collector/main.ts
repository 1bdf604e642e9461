/** The collector as a program: ties the collectors to the daemon. Runs without one, too. */
import path from 'node:path';
import { realClock } from '../api/clock.ts';
import { openDatabase } from '../api/database.ts';
import { openHttp } from '../api/http.ts';
import { connectModule, log, RpcError } from '../api/module.ts';
import { answering, ifItAnswers } from './answering.ts';
import { type Collector, openCollector } from './collector.ts';
import { moduleHealth } from './module-health.ts';
import { whenReachable } from './opening.ts';
import { parseParams } from './params.ts';
import { statusOf } from './status.ts';
import { answerCoverageCall, answerQuery } from './store/query-answer.ts';
import { readTableSizes } from './store/table-sizes.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;
const interruptedExitCode = 130;
/** Less than the 30 s that the daemon waits for the answer. */
const collectTimeoutMs = 25_000;
/** Of the time for shutting down; the rest is for closing the connections. */
const closeShare = 0.8;

const stop = new AbortController();
let collector: Collector | null = null;
const link = connectModule({
  methods: {
    'collector.status': async () => {
      const health = opened().workers.getHealth();
      // What runs is known without the database, and never of more interest than while that is away.
      const tables = (await ifItAnswers(readTableSizes(database))) ?? [];
      return statusOf(health, params.intervalsMs, tables, Date.now());
    },
    'collector.coverage': (given) => answering(answerCoverageCall(database, given, Date.now())),
    'collector.query': (given) => answering(answerQuery(database, given)),
    'collector.collect': (given) => collect(given),
  },
});
link.onHealth(() => moduleHealth(collector?.workers.getHealth() ?? null));
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    // The first one ends everything in order; whoever sends a second one does not want to wait.
    if (signals > 1) process.exit(interruptedExitCode);
  });
}

const parsed = parseParams(link.params, process.env);
if (!parsed.ok) refuse(parsed.problem);
const { params } = parsed;
const url = process.env['SUPERBOT_DATABASE_URL'] ?? process.env['DATABASE_URL'];
if (url === undefined)
  refuse('there is no database: neither SUPERBOT_DATABASE_URL nor DATABASE_URL');
const database = openDatabase({ schema: params.schema, url });
const http = await openHttp(link);

link.onShutdown('pre', () => stop.abort());
link.onShutdown('cleanup', ({ deadlineMs }) => collector?.close(deadlineMs * closeShare));
link.onShutdown('post', async () => {
  await Promise.all([database.close(), http.close()]);
});

const home = process.env['SUPERBOT_HOME'] ?? '.';
const options = {
  params,
  database,
  http,
  spillFolder: path.join(home, 'data', link.name ?? 'collector', 'spill'),
  clock: realClock,
  log,
  onGivenUp: (name: string, error: unknown) => void alert(name, error),
};
try {
  collector = await whenReachable((signal) => openCollector(options, signal), options, stop.signal);
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error));
}
if (collector !== null) {
  collector.workers.start();
  link.ready();
}

function refuse(problem: string): never {
  log.error(`cannot collect: ${problem}`);
  process.exit(configurationErrorExitCode);
}

function opened(): Collector {
  if (collector !== null) return collector;
  throw new RpcError('notRunning', 'the collector waits for the database — see its log');
}

async function collect(given: unknown): Promise<unknown> {
  const name = (given as { collector?: unknown } | null)?.collector;
  const { workers } = opened();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(collectTimeoutMs)]);
  const items = await workers.collect(String(name), signal);
  if (items !== null) return { collector: name, items };
  const expected = `expected one of ${workers.names.join(', ')}`;
  throw new RpcError('invalidParams', `invalid params: no such collector: ${expected}`);
}

async function alert(name: string, error: unknown): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  const message = `the collector "${name}" crashed too often and is given up: ${why}`;
  await link.emit('collector.alert', {
    severity: 'critical',
    type: name,
    collector: name,
    message,
  });
}
