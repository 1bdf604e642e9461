/**
 * The thread host: one process in which `thread` modules run as worker threads. It decides nothing
 * and outlives its keeper, but not its use. Usage: node host.js RUN_DIR, its keeper at its stdin
 */
import { lstatSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { notifyVariable, StartNotifier } from '../../notify.ts';
import { threadSocket } from '../files.ts';
import { readJsonLines, writeJsonLine } from '../json-lines.ts';
import { type HostPlace, nextLeaving } from './leaving.ts';
import type { FromHost, ThreadReport, ThreadStart, ToHost } from './messages.ts';
import { startThread, type RunningThread } from './thread.ts';

const messageBytesMax = 4 * 1024 * 1024;

const socketPath = threadSocket(process.argv[2] ?? '', process.pid);
const threads = new Map<string, RunningThread | ThreadReport>();
let keeper: Socket | null = null;
let isStarterAlive = true;
let unclaimedSinceMs = 0;
let server: Server | null = null;
let socketFile = '';
let nextLook: NodeJS.Timeout | undefined;

// Signals are for the keeper to give: a Ctrl-C in the terminal must not reach the threads.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Nothing is ever written to it: it ends with the keeper, also with one that dies before its hello.
process.stdin.resume().on('close', () => {
  isStarterAlive = false;
  unclaimed();
});

const notifier = new StartNotifier(process.env[notifyVariable]);
listen(() => notifier.report({ ready: true, pid: process.pid, endpoint: `unix:${socketPath}` }));

/** Also anew, when somebody removed the socket; connections stay. */
function listen(onListening: () => void): void {
  // First, because it removes whatever has the path.
  server?.close();
  rmSync(socketPath, { force: true });
  server = createServer(serve).listen(socketPath, () => {
    socketFile = fileAt(socketPath);
    onListening();
  });
  server.once('error', (error) => {
    // Threads that run are worth more than being found by the next keeper.
    if (socketFile === '') throw error;
    console.error('cannot listen again:', error);
  });
}

function serve(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (keeper === socket) keeper = null;
    unclaimed();
  });
  readJsonLines(socket, messageBytesMax, (message) => receive(socket, message as ToHost));
}

function receive(socket: Socket, message: ToHost): void {
  switch (message.op) {
    case 'hello':
      keeper = socket;
      tell({
        event: 'threads',
        threads: [...threads].map(([launch, thread]) => report(launch, thread)),
      });
      break;
    case 'listen':
      listen(() => undefined);
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
      break;
  }
}

function start(thread: ThreadStart): void {
  const { launch } = thread;
  const ended = (code: number): void => {
    threads.set(launch, { launch, code });
    tell({ event: 'exited', launch, code });
    leaveIfUseless();
  };
  try {
    threads.set(launch, startThread(thread, ended));
  } catch (error) {
    // Such as too many open files. The other threads have nothing to do with it.
    console.error(`cannot start the thread of launch ${launch}:`, error);
    ended(1);
  }
}

function report(launch: string, thread: RunningThread | ThreadReport): ThreadReport {
  return 'terminate' in thread ? { launch, code: null } : thread;
}

function tell(message: FromHost): void {
  if (keeper) writeJsonLine(keeper, message);
}

function unclaimed(): void {
  unclaimedSinceMs = performance.now();
  leaveIfUseless();
}

function leaveIfUseless(): void {
  clearTimeout(nextLook);
  const isClaimed = keeper !== null || isStarterAlive;
  if (isClaimed) return;
  const living = [...threads.values()].filter((thread) => 'terminate' in thread).length;
  const unclaimedMs = performance.now() - unclaimedSinceMs;
  const untold = threads.size - living;
  const next = nextLeaving({ isClaimed, unclaimedMs, living, untold, place: placeOf() });
  if (next.do === 'look_again') nextLook = setTimeout(leaveIfUseless, next.afterMs);
  if (next.do === 'leave') leave();
}

function leave(): void {
  try {
    rmSync(socketPath, { force: true });
  } finally {
    // An exit would wait for threads, and one that is blocked in a system call never comes.
    process.kill(process.pid, 'SIGKILL');
  }
}

function placeOf(): HostPlace {
  // The host's working directory is the run folder, which is still this one after a move.
  if (statSync('.').nlink === 0) return 'gone';
  return fileAt(socketPath) === socketFile ? 'named' : 'unnamed';
}

/** Empty when there is none that we may see. */
function fileAt(path: string): string {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}/${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return '';
    throw error;
  }
}
