/** One module in a worker thread, its output on the module's pipes like a child process's. */
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { format } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { ThreadStart } from './messages.ts';

export interface RunningThread {
  /** Stops it in the middle of whatever it does. */
  readonly terminate: () => void;
}

/** How long the last lines of an ended thread may take to leave. */
const lastLinesMs = 1000;

/** @param onExit called once, after its last lines have left */
export function startThread(
  { script, args, env, stdout, stderr }: ThreadStart,
  onExit: (code: number) => void,
): RunningThread {
  const output = openPipe(stdout);
  const errors = openPipe(stderr);
  const worker = new Worker(script, {
    argv: [...args],
    env,
    workerData: env,
    stdout: true,
    stderr: true,
    name: env['SUPERBOT_MODULE'] ?? '',
  });
  worker.stdout.pipe(output, { end: false });
  worker.stderr.pipe(errors, { end: false });
  // What a process would print when it dies of an exception.
  worker.once('error', (error) => errors.write(`${format(error)}\n`));
  const printed = Promise.all([worker.stdout, worker.stderr].map((stream) => finished(stream)));
  worker.once('exit', (code) => {
    // After its last lines, unless nobody reads them.
    const patience = new Promise((resolve) => setTimeout(resolve, lastLinesMs).unref());
    void Promise.race([printed, patience]).finally(() => {
      output.end(() => errors.end(() => onExit(code)));
    });
  });
  return {
    terminate: () => {
      worker.terminate().catch((error: unknown) => errors.write(`${format(error)}\n`));
    },
  };
}

/** Non-blocking, so that a full pipe holds back this thread's output and nobody else. */
function openPipe(path: string): Socket {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => socket.destroy());
  return socket;
}
