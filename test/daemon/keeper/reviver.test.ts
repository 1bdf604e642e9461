import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { type DaemonLaunch, protocolVersion } from '../../../daemon/keeper/protocol.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes } from './keeper-home.ts';

/** Shorter than the second before a start. */
const lonelyMs = 800;

describe('a keeper whose daemon ends', () => {
  const homes = keeperHomes();

  it('starts it again as it was told, and stays for that though it is alone', async () => {
    const home = homes.create();
    const { guardian } = await home.watch({ lonelyMs });
    const keeper = home.keeperPid();
    await endedDaemon(home, writer(home));
    await guardian.stop();
    const written = await until('it is started', () => textOf(join(home.path, 'started')));
    expect(written.trim().split('\n')).to.deep.equal([
      home.path,
      'xyzzy',
      'the last daemon ended without saying goodbye',
    ]);
    expect(isRunning(keeper)).to.equal(true);
  });

  it('keeps the daemon’s environment off the disk', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    await guardian.stop();
    await endedDaemon(home, { ...writer(home), argv: ['/bin/true'] });
    for (const file of readdirSync(home.path, { recursive: true, encoding: 'utf8' })) {
      const path = join(home.path, file);
      if (!statSync(path).isFile()) continue;
      expect(readFileSync(path, 'utf8'), file).not.to.include('xyzzy');
    }
  });

  it('leaves alone one that has said goodbye', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    await endedDaemon(home, writer(home), (daemon) => ask(daemon, 'goodbye', {}));
    await home.watch();
    expect(home.said()).to.equal('');
  });

  it('leaves alone one that has not told how it is started', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    await endedDaemon(home, null);
    await home.watch();
    expect(home.said()).to.equal('');
  });

  it('starts none when the next one comes first', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    await endedDaemon(home, writer(home));
    const { guardian } = await home.watch({ revive: writer(home) });
    expect(home.said()).to.include('starting it again in 1 s');
    // Longer than the second that it would have waited.
    const spec = home.shell('clock', 'sleep 1.2');
    await guardian.spawn(spec);
    await until('the clock has run', () => home.recordOf('clock').exit !== null);
    expect(home.said()).not.to.include('started the daemon again');
  });

  it('ends the one that it started when another comes first', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    const pid = await slowDaemon(home);
    await home.watch({ revive: writer(home) });
    await until('it is ended', () => !isRunning(pid));
  });

  it('starts it once and leaves when its home is another’s by now', async () => {
    const home = homes.create();
    const { guardian } = await home.watch({ lonelyMs });
    const keeper = home.keeperPid();
    await endedDaemon(home, { ...writer(home), argv: ['/bin/true'] });
    await guardian.stop();
    const moved = `${home.path}.moved`;
    renameSync(home.path, moved);
    try {
      mkdirSync(join(home.path, 'logs'), { recursive: true });
      await until('the keeper is gone', () => !isRunning(keeper));
      const said = readFileSync(join(moved, 'logs', 'keeper.log'), 'utf8');
      expect(said.match(/started the daemon again/g)).to.have.length(1);
    } finally {
      rmSync(moved, { recursive: true });
    }
  });

  it('ends the one that it started when it is asked to end itself', async () => {
    const home = homes.create();
    await (await home.watch()).guardian.stop();
    const pid = await slowDaemon(home);
    const keeper = home.keeperPid();
    process.kill(keeper, 'SIGTERM');
    await until('the keeper is gone', () => !isRunning(keeper));
    await until('it is ended', () => !isRunning(pid));
  });
});

/** Writes down where and how it was started. */
function writer(home: KeeperHome): DaemonLaunch {
  const script = '{ pwd; echo "$SECRET"; echo "$SUPERBOT_REVIVED"; } > new && mv new started';
  const env = { PATH: process.env['PATH'] ?? '', SECRET: 'xyzzy' };
  return { argv: ['/bin/sh', '-c', script], cwd: home.path, env };
}

/**
 * The pid of the one that the keeper started. It is slow to start itself: it would find the home free
 * once another is stopped.
 */
async function slowDaemon(home: KeeperHome): Promise<number> {
  const argv = ['/bin/sh', '-c', 'exec sleep 1000'];
  await endedDaemon(home, { ...writer(home), argv });
  const said = await until('it is started', () =>
    /started the daemon again as pid (\d+)/.exec(home.said()),
  );
  return Number(said[1]);
}

/** A daemon says hello, does something, and is gone. */
async function endedDaemon(
  home: KeeperHome,
  revive: DaemonLaunch | null,
  meanwhile?: (daemon: Socket) => Promise<void>,
): Promise<void> {
  const { pid } = spawnSync('/bin/true');
  const daemon = connect(keeperFiles(home.path).socket);
  await once(daemon, 'connect');
  await ask(daemon, 'hello', { version: protocolVersion, pid, revive });
  await meanwhile?.(daemon);
  daemon.end();
  await once(daemon, 'close');
}

async function ask(daemon: Socket, op: string, params: object): Promise<void> {
  daemon.write(JSON.stringify({ id: 1, op, params }) + '\n');
  await once(daemon, 'data');
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
