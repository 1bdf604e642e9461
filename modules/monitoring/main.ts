/** Watching the host as a program: ties the monitor to the daemon. Runs without one, too. */
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { realClock } from '../api/clock.ts';
import { connectModule, log, RpcError } from '../api/module.ts';
import { answersOf } from './answers/answers.ts';
import { openHost } from './host/host.ts';
import { moduleHealth } from './module-health.ts';
import { FolderTakenError, type Monitoring, openMonitoring } from './monitoring.ts';
import { parseParams } from './params.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;
const interruptedExitCode = 130;
/** After a mistake in the program nothing is waited for any longer. */
const crashMs = 5000;

// What each look leaves behind is collected before the heap grows for it: half the memory.
setFlagsFromString('--optimize-for-size');

let monitoring: Monitoring | null = null;
let isCrashing = false;
const link = connectModule({ methods: answersOf(() => opened().parts) });
link.onHealth(() => {
  if (monitoring === null) return moduleHealth(null, Date.now());
  const { monitor, store } = monitoring.parts;
  return moduleHealth({ state: monitor.state, store }, Date.now());
});
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    log.info('signal_received', { signal });
    signals += 1;
    // The first one ends everything in order; whoever sends a second one does not want to wait.
    if (signals > 1) process.exit(interruptedExitCode);
  });
}
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => void crash(error));
}

log.info('daemon_starting', { pid: process.pid });
const parsed = parseParams(link.params, process.env);
if (!parsed.ok) refuse(parsed.problem);
const { params } = parsed;
const home = process.env['SUPERBOT_HOME'] ?? null;
const folder = path.join(home ?? '.', 'data', link.name ?? 'monitoring');
const database = await openDatabaseIfSet();

link.onShutdown('cleanup', async () => {
  log.info('daemon_stopping');
  await monitoring?.stop();
});
link.onShutdown('post', async () => {
  await database?.close();
  log.info('daemon_stopped');
});

try {
  monitoring = await openMonitoring({
    ...{ params, database, folder, home, clock: realClock, log },
    host: openHost({ tell: (message) => log.warn(message) }),
    emit: (topic, data) => void link.emit(topic, data),
    daemonState,
  });
} catch (error) {
  if (!(error instanceof FolderTakenError)) throw error;
  // The other one may be about to end: the daemon tries again.
  refuse(error.message, 1);
}
if (params.alerts.sound) log.warn('param "alerts.sound" has no effect: this host plays no sounds');
await monitoring.start();
log.info('daemon_started', { storage: monitoring.parts.store.kind, folder });
link.ready();

function refuse(problem: string, exitCode = configurationErrorExitCode): never {
  log.error(`cannot watch the host: ${problem}`);
  process.exit(exitCode);
}

function opened(): Monitoring {
  if (monitoring !== null) return monitoring;
  throw new RpcError('notRunning', 'the module is being opened — ask again in a moment');
}

/** What speaks to a database is loaded only where there is one. */
async function openDatabaseIfSet() {
  const url = process.env['SUPERBOT_DATABASE_URL'] ?? process.env['DATABASE_URL'] ?? '';
  if (url === '' && params.storage === 'database')
    refuse(
      'param "storage" is database, and neither SUPERBOT_DATABASE_URL nor DATABASE_URL is set',
    );
  if (url === '') return null;
  const { openDatabase } = await import('../api/database.ts');
  return openDatabase({ schema: params.schema, url, connectionsMax: 2 });
}

async function daemonState(signal: AbortSignal): Promise<unknown> {
  const [daemon, resources] = await Promise.all([
    link.call('daemon.status', {}, { signal }),
    link.call('monitoring.resources', {}, { signal }),
  ]);
  return { daemon, resources };
}

/** What was started is ended all the same, such as the keep-awake helper. */
async function crash(error: unknown): Promise<never> {
  if (isCrashing) process.exit(1);
  isCrashing = true;
  log.error('daemon_crashed', { error });
  setTimeout(() => process.exit(1), crashMs);
  await monitoring?.stop();
  process.exit(1);
}
