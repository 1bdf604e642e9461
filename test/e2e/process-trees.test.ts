import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/processes.ts';
import { type CliResult, programs, runNode } from '../support/programs.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** The user "nobody" of most systems; needs no entry in the password file. */
const uid = 65_534;

describe('a process tree', () => {
  const homes = temporaryHomes();

  /** A server that no signal but SIGKILL ends, behind wrappers. */
  function withServer(port: number, command: readonly string[]): TestHome {
    const server = {
      type: 'exec',
      command,
      cwd: '.',
      // npm asks its registry for news otherwise, and writes into the tester's folder.
      env: { npm_config_update_notifier: 'false', npm_config_cache: '.npm' },
      ready: { tcp: port },
      restart: { base_delay: '0s' },
      stop: { timeout: '300ms' },
    };
    const home = homes.create({ modules: { server } });
    const code = `process.on('SIGTERM', () => {});
      require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listening', process.pid));`;
    home.file('server.cjs', code);
    home.file('package.json', JSON.stringify({ scripts: { serve: 'node server.cjs' } }));
    return home;
  }

  /** The pid of the server that is the n-th to listen, once it does. */
  function listening(home: TestHome, n: number): Promise<number> {
    return until(`${n} have listened`, () => {
      const texts = home.storedLines('server').map(({ text }) => text);
      const said = texts.filter((text) => text.startsWith('listening'))[n - 1];
      return said === undefined ? null : Number(said.split(' ')[1]);
    });
  }

  it('that crashes behind npm run gives back the port before it starts again', async () => {
    const home = withServer(await freePort(), ['npm', 'run', 'serve']);
    await home.start();
    expect((await home.cli('module', 'start', 'server')).status).to.equal(0);
    const { pid } = await home.module('server');
    const first = await listening(home, 1);
    expect(first, 'the wrapper is another process').not.to.equal(pid);
    process.kill(pid ?? 0, 'SIGKILL');
    await listening(home, 2);
    expect(isRunning(first)).to.equal(false);
    expect(await home.reaches('server', 'running')).to.include({ restart_count: 1 });
    const texts = home.storedLines('server').map(({ text }) => text);
    expect(texts.filter((text) => text.includes('EADDRINUSE'))).to.deep.equal([]);
  });

  it('behind sh -c is gone with its port when the stop answers', async () => {
    const home = withServer(await freePort(), ['sh', '-c', 'node server.cjs; echo over']);
    await home.start();
    expect((await home.cli('module', 'start', 'server')).status).to.equal(0);
    const first = await listening(home, 1);
    expect((await home.cli('module', 'stop', 'server')).status).to.equal(0);
    expect(isRunning(first)).to.equal(false);
    expect((await home.cli('module', 'start', 'server')).status).to.equal(0);
    expect(await listening(home, 2)).not.to.equal(first);
  });

  it('of which a process survives SIGKILL is stop_failed, by pid and command', async function () {
    const why = whyNoSurvivor();
    if (why !== null) {
      if (this.test) this.test.title += ` (skipped: ${why})`;
      this.skip();
    }
    // What sudo does: a process that belongs to root, which the daemon's user cannot signal.
    const module = {
      type: 'exec',
      command: ['./becomes-root', '--reuid', '0', 'sh', '-c', 'echo up; exec sleep 1000'],
      ready: { after: '0s' },
      stop: { timeout: '100ms' },
    };
    const home = homes.create({ modules: { rooted: module } });
    const dir = dirname(home.path);
    const program = join(dir, 'becomes-root');
    copyFileSync(setpriv(), program);
    chmodSync(program, 0o4755);
    chownSync(dir, uid, uid);
    const env = { ...home.env, HOME: dir, NODE_V8_COVERAGE: undefined };
    const cli = (...args: string[]): Promise<CliResult> =>
      runNode(programs.cli, args, { env, uid, cwd: dir });

    expect((await cli('daemon', 'start')).status).to.equal(0);
    expect((await cli('module', 'start', 'rooted')).status).to.equal(0);
    const { pid } = await home.module('rooted');
    const survivor = `cannot be ended: pid ${pid} (sleep 1000), which belongs to uid 0: we may not signal it`;
    await until('it belongs to root', () => home.storedLines('rooted').length > 0);
    const stopped = await cli('module', 'stop', 'rooted');
    expect(stopped.status).to.equal(5);
    expect(stopped.stderr).to.include(survivor);
    const status = await home.module('rooted');
    expect(status).to.include({ state: 'failed', reason: 'stop_failed' });
    expect(status.last_error).to.include(survivor);

    process.kill(pid ?? 0, 'SIGKILL');
    expect((await cli('module', 'start', 'rooted')).status).to.equal(0);
    expect((await home.module('rooted')).pid).not.to.equal(pid);
  });
});

function setpriv(): string {
  return spawnSync('sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).stdout.trim();
}

/** Why none can be made here; null when one can. */
function whyNoSurvivor(): string | null {
  if (process.getuid?.() !== 0) return 'only root can make one';
  if (setpriv() === '') return 'there is no setpriv';
  if (/ \/tmp [^ ]+ [^ ]*nosuid/.test(readFileSync('/proc/mounts', 'utf8'))) return 'nosuid';
  const probe = spawnSync(process.execPath, [programs.cli, '--version'], { uid, gid: uid });
  return probe.status === 0 ? null : 'an ordinary user cannot read the programs';
}
