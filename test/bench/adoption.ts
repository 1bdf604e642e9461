import { DaemonProcess } from '../support/programs.ts';
import { TestHome } from '../support/superbot.ts';
import { allRunning, sleepers } from './daemon.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 11;
const count = 100;

/** From the spawn of a daemon to its first answer, under a keeper with a hundred modules or none. */
export async function adoption(): Promise<Figure[]> {
  const { modules, names: autostart } = sleepers(count);
  const full = new TestHome({ modules, autostart });
  const empty = new TestHome({});
  try {
    const killedFull = await startedDaemon(full);
    const killedEmpty = await startedDaemon(empty);
    const measured = await compare(
      rounds,
      () => takeOverMs(full, killedFull),
      () => takeOverMs(empty, killedEmpty),
    );
    const target = { kind: 'ratio_max', limit: 3 } as const;
    const what = `${count} modules adopted by a new daemon / a keeper without any taken over`;
    return [{ what, unit: 'ms', ...measured, target }];
  } finally {
    await full.dispose();
    await empty.dispose();
  }
}

interface Held {
  daemon: DaemonProcess;
  /** Of each module, which must not change. */
  readonly pids: string;
}

async function startedDaemon(home: TestHome): Promise<Held> {
  const daemon = await startDaemon(home);
  await allRunning(await home.rpc());
  return { daemon, pids: await pidsIn(home) };
}

async function takeOverMs(home: TestHome, held: Held): Promise<number> {
  await held.daemon.stop('SIGKILL');
  const startedMs = performance.now();
  held.daemon = await startDaemon(home);
  const pids = await pidsIn(home);
  const ms = performance.now() - startedMs;
  if (pids !== held.pids) throw new Error(`adopted ${pids} instead of ${held.pids}`);
  return ms;
}

function startDaemon(home: TestHome): Promise<DaemonProcess> {
  return new DaemonProcess([], { env: home.env, stdout: 'ignore' }).ready();
}

async function pidsIn(home: TestHome): Promise<string> {
  const client = await home.rpc();
  const { modules } = await client.call('module.list');
  client.destroy();
  return modules.map(({ pid }) => pid ?? 'none').join(' ');
}
