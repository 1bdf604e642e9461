import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { compiledTree, DaemonProcess } from '../support/programs.ts';
import { TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';
import { allRunning } from './daemon.ts';
import type { Figure } from './measure.ts';
import { sum } from './processes.ts';

const kills = 20;
const names = Array.from({ length: 10 }, (_, i) => `counter${i}`);
/** Of running and printing between two kills, so that each meets full pipes and open files. */
const betweenMs = 300;
/** One read of the keeper's in flight holds what was printed since the one before: a line or two. */
const linesInFlight = 2;

/** Lines lost while ten modules print a hundred a second each and their daemon, or keeper, is killed. */
export async function deaths(): Promise<Figure[]> {
  const ofDaemon = await linesLost(killDaemon);
  const ofKeeper = await linesLost(killKeeper);
  return [
    figure(`lines lost in ${kills} kills of the daemon`, ofDaemon, 0),
    figure(
      `lines lost in ${kills} kills of the keeper`,
      ofKeeper,
      kills * names.length * linesInFlight,
    ),
  ];
}

function figure(what: string, value: number, limit: number): Figure {
  return { what, unit: 'lines', value, floor: null, target: { kind: 'value_max', limit } };
}

interface Stage {
  readonly home: TestHome;
  daemon: DaemonProcess;
}

async function linesLost(kill: (stage: Stage) => Promise<void>): Promise<number> {
  const counter = {
    type: 'exec',
    command: [process.execPath, join(compiledTree, 'test/bench/modules/counter.js')],
    ready: { after: '0s' },
  };
  const modules = Object.fromEntries(names.map((name) => [name, counter]));
  const home = new TestHome({ modules, autostart: names });
  try {
    const stage = { home, daemon: await start(home) };
    await allRunning(await home.rpc());
    for (let n = 0; n < kills; n++) {
      await delay(betweenMs);
      await kill(stage);
    }
    await delay(betweenMs);
    await stage.daemon.stop();
    return sum(names.map((name) => missingIn(home, name)));
  } finally {
    await home.dispose();
  }
}

function start(home: TestHome): Promise<DaemonProcess> {
  return new DaemonProcess([], { env: home.env, stdout: 'ignore' }).ready();
}

async function killDaemon(stage: Stage): Promise<void> {
  await stage.daemon.stop('SIGKILL');
  stage.daemon = await start(stage.home);
}

async function killKeeper({ home }: Stage): Promise<void> {
  const pid = readKeeperIdentity(home.path)?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await until('another keeper serves', () => {
    const next = readKeeperIdentity(home.path)?.pid;
    return next !== undefined && next !== pid;
  });
}

/** What a module says it printed, less the different lines that are in its log. */
function missingIn(home: TestHome, module: string): number {
  const texts = home.storedLines(module).map(({ text }) => text);
  const printed = /^printed (\d+)$/.exec(texts.at(-1) ?? '')?.[1];
  if (printed === undefined) throw new Error(`"${module}" did not say how many lines it printed`);
  const stored = new Set(texts.filter((text) => text.startsWith('line ')));
  return Number(printed) - stored.size;
}
