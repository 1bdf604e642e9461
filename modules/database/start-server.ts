/** The start of a server, with whatever an earlier one has left in its way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { endProcesses } from './cluster-processes.ts';
import { command } from './command.ts';
import { ConfigurationError } from './configuration-error.ts';
import { hasWritten, linesOf } from './log-files.ts';
import { linesShown, Server, type ServerOptions } from './server.ts';
import { logFolder, serverArguments } from './settings.ts';
import { startFailure } from './start-failure.ts';

const orphanGrace = { graceMs: 3000, killMs: 5000 };
const attemptsMax = 3;

/**
 * Resolves when it answers, however long its recovery takes. Rejects with its last words when it ends
 * before, with a ConfigurationError where no further start would help, or as `Server.answers`.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    // A busy backend outlives a postmaster that was killed, and keeps the next one from its memory.
    await endProcesses(options.cluster, orphanGrace);
    const outcome = await startOnce(options);
    if (outcome.kind === 'started') return outcome.server;
    const failure = startFailure(outcome.lines);
    if (failure.kind === 'orphan' && attempt < attemptsMax) continue;
    throw notStarted(outcome, failure);
  }
}

type Outcome =
  | { readonly kind: 'started'; readonly server: Server }
  | { readonly kind: 'failed'; readonly how: string; readonly lines: readonly string[] };

async function startOnce(options: ServerOptions): Promise<Outcome> {
  const { binaries, as, cluster, listening } = options;
  const startedMs = Date.now();
  const { file, args, cwd, ids } = command(binaries, 'postgres', as, cluster, (reached) =>
    serverArguments(reached, listening),
  );
  // Until its own log is open it speaks here. Not a pipe: it must not depend on who reads it.
  const words = join(cluster, '..', 'start.log');
  const out = openSync(words, 'w', 0o600);
  // A session of its own: Ctrl-C in the daemon's terminal must not end it under the modules.
  const child = spawn(file, args, {
    ...ids,
    cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const ended = endOf(child);
  await once(child, 'spawn');
  const server = new Server(child.pid ?? 0, ended, options);
  const how = await server.answers();
  if (how === null) return { kind: 'started', server };
  const logged = hasWritten(join(cluster, logFolder), startedMs) ? server.lastLines() : [];
  return { kind: 'failed', how, lines: [...linesOf(words, linesShown), ...logged] };
}

/** One that could not be spawned has never begun: `once` for that says why. */
async function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

function notStarted(
  { how, lines }: Outcome & { readonly kind: 'failed' },
  failure: ReturnType<typeof startFailure>,
): Error {
  const advice = failure.kind === 'orphan' || failure.advice === null ? '' : ` — ${failure.advice}`;
  const last = lines.map((line) => `\n  ${line}`).join('');
  const message = `the database server did not start (${how})${advice}; its last words:${last}`;
  return failure.kind === 'configuration' ? new ConfigurationError(message) : new Error(message);
}
