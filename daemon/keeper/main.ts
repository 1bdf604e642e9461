/**
 * The keeper: parent of every module. It spawns, signals, reaps and writes logs as the daemon says,
 * decides nothing, lives on when the daemon dies and starts it again. Node's own modules only, so that
 * it stays small and never has to be replaced. Usage: node main.js HOME [LONELY_MS]
 */
import { writeSync } from 'node:fs';
import { notifyVariable, StartNotifier } from '../notify.ts';
import { realSystem } from '../system.ts';
import { Controller } from './controller.ts';
import { Custody } from './custody.ts';
import { TreeEnder } from './ending.ts';
import { keeperFiles, keepersOfOtherVersions, writeKeeperIdentity } from './files.ts';
import { onceATurn } from './once-a-turn.ts';
import { describeSurvivors } from './protocol.ts';
import { Reviver } from './reviver.ts';
import { RunFolder } from './run-folder.ts';
import { becomeSoleKeeper } from './sole-keeper.ts';
import { ownerReader } from './tree.ts';

/** How long it stays without children and without a daemon. */
const lonelyMsDefault = 10_000;
/** A daemon that leaves within this time of our SIGTERM leaves because the machine goes down. */
const endRequestMs = 120_000;

const home = process.argv[2] ?? '';
const lonelyMs = Number(process.argv[3] ?? lonelyMsDefault);
const files = keeperFiles(home);
const notifier = new StartNotifier(process.env[notifyVariable]);
let daemonPid: number | null = null;
let endRequestedAtMs = -Infinity;
let lonely = realSystem.after(lonelyMs, leaveIfLonely);

const ownerOf = ownerReader(home, () => new Set([process.pid, daemonPid ?? process.pid]));
const ender = new TreeEnder(realSystem, ownerOf);
const custody = new Custody({
  system: realSystem,
  ender,
  otherKeepers: onceATurn(() => keepersOfOtherVersions(home)),
  runDir: files.runDir,
  logsDir: files.logsDir,
  onExit: ({ name, launch }, exit) => {
    controller.send({ event: 'exit', name, launch, exit });
    rearmLonely();
  },
  onLine: (line) => controller.sendLine(line),
  warn,
});
const folder = new RunFolder({
  system: realSystem,
  home,
  restore: async () => {
    await controller.listen();
    await custody.restore();
  },
  name: () => writeKeeperIdentity(home),
  hasDaemon: () => daemonPid !== null,
  warn,
});
const reviver = new Reviver({
  system: realSystem,
  isHomeInPlace: () => folder.isHomeInPlace,
  say: warn,
});
const controller = new Controller({
  socketPath: files.socket,
  custody,
  onHello: (pid, revive) => {
    daemonPid = pid;
    rearmLonely();
    reviver.served(pid, revive);
  },
  onLeft: () => {
    daemonPid = null;
    rearmLonely();
    folder.lookNow();
    if (realSystem.monotonicMs() - endRequestedAtMs < endRequestMs) endAlone();
    else reviver.left();
  },
  onGoodbye: () => reviver.goodbye(),
  onEnd: () => void leave(),
  warn,
});

process.umask(0o022);
// The keeper must not hold whatever directory it was started in.
process.chdir('/');
process.on('SIGTERM', () => {
  // With a daemon it is the daemon's to decide; without one the children end by their rules.
  endRequestedAtMs = realSystem.monotonicMs();
  if (daemonPid === null) endAlone();
});
for (const signal of ['SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => warn(`ignored ${signal}`));

void start();

async function start(): Promise<void> {
  try {
    await becomeSoleKeeper(home);
    nameKeeper();
    custody.adopt();
    await controller.listen();
    folder.watch();
    notifier.report({ ready: true, pid: process.pid, endpoint: `unix:${files.socket}` });
  } catch (error) {
    const text = `the keeper cannot start: ${(error as Error).message}`;
    warn(text);
    notifier.report({ ready: false, error: text, exit: 1 });
    process.exit(1);
  }
}

/** The file says whom to replace should this keeper hang; on a full disk it serves without. */
function nameKeeper(): void {
  try {
    writeKeeperIdentity(home);
  } catch (error) {
    warn(`cannot write ${files.identity}: ${(error as Error).message}`);
  }
}

function rearmLonely(): void {
  lonely.cancel();
  lonely = realSystem.after(lonelyMs, leaveIfLonely);
}

function leaveIfLonely(): void {
  if (daemonPid !== null) return;
  if (custody.liveCount === 0 && !reviver.isPending) void leave();
  else rearmLonely();
}

function endAlone(): void {
  reviver.giveUp();
  custody.stopAllByRule().then(
    (survivors) => {
      if (survivors.length > 0) warn(describeSurvivors(survivors));
      return leave();
    },
    (error: unknown) => warn(`cannot end the modules: ${String(error)}`),
  );
}

async function leave(): Promise<void> {
  lonely.cancel();
  folder.close();
  reviver.goodbye();
  await custody.close();
  controller.close();
  // One turn for the last answer to reach the socket.
  setImmediate(() => process.exit(0));
}

/** stderr is the keeper's log file, opened by whoever started it. */
function warn(text: string): void {
  try {
    writeSync(2, `${new Date().toISOString()} keeper ${process.pid}: ${text}\n`);
  } catch (error) {
    // A full disk must not end custody, and there is nowhere else to say so.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
