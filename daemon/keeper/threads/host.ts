/**
 * The thread host: one process in which every `thread` module runs as a worker thread. It decides
 * nothing and outlives its keeper. Usage: node host.js SOCKET
 */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { notifyVariable, StartNotifier } from '../../notify.ts';
import { readJsonLines, writeJsonLine } from '../json-lines.ts';
import type { FromHost, ThreadReport, ThreadStart, ToHost } from './messages.ts';
import { startThread, type RunningThread } from './thread.ts';

const messageBytesMax = 4 * 1024 * 1024;
/** Without threads and without a keeper there is nothing to stay for. */
const lonelyMs = 10_000;

const socketPath = process.argv[2] ?? '';
const threads = new Map<string, RunningThread | ThreadReport>();
let keeper: Socket | null = null;
let lonely = setTimeout(leaveIfLonely, lonelyMs);

// Signals are for the keeper to give: a Ctrl-C in the terminal must not reach the threads.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const notifier = new StartNotifier(process.env[notifyVariable]);
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (keeper === socket) keeper = null;
    watchLoneliness();
  });
  readJsonLines(socket, messageBytesMax, (message) => receive(socket, message as ToHost));
});
rmSync(socketPath, { force: true });
server.listen(socketPath, () => {
  notifier.report({ ready: true, pid: process.pid, endpoint: `unix:${socketPath}` });
});

function receive(socket: Socket, message: ToHost): void {
  switch (message.op) {
    case 'hello':
      keeper = socket;
      tell({
        event: 'threads',
        threads: [...threads].map(([launch, thread]) => report(launch, thread)),
      });
      break;
    case 'start':
      start(message.thread);
      break;
    case 'terminate': {
      const thread = threads.get(message.launch);
      if (thread && 'terminate' in thread) thread.terminate();
      break;
    }
    case 'forget':
      threads.delete(message.launch);
      watchLoneliness();
      break;
  }
}

function start(thread: ThreadStart): void {
  const { launch } = thread;
  const running = startThread(thread, (code) => {
    threads.set(launch, { launch, code });
    tell({ event: 'exited', launch, code });
    watchLoneliness();
  });
  threads.set(launch, running);
}

function report(launch: string, thread: RunningThread | ThreadReport): ThreadReport {
  return 'terminate' in thread ? { launch, code: null } : thread;
}

function tell(message: FromHost): void {
  if (keeper) writeJsonLine(keeper, message);
}

function watchLoneliness(): void {
  clearTimeout(lonely);
  lonely = setTimeout(leaveIfLonely, lonelyMs);
}

function leaveIfLonely(): void {
  const alive = [...threads.values()].some((thread) => 'terminate' in thread);
  if (keeper === null && !alive) process.exit(0);
}
