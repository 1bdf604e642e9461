import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { failure } from '../rpc/failure.ts';
import { isRunning } from '../support/processes.ts';
import { programs } from '../support/programs.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const isLinux = process.platform === 'linux';
/** Below this Node itself cannot load its modules. */
const descriptorsMax = 128;

describe('a daemon without file descriptors', () => {
  const homes = temporaryHomes();

  it('keeps whom it serves and its modules, and takes new callers once there is room', async function () {
    if (!isLinux) this.skip();
    const home = homes.create({ modules: { sleeper, other: sleeper }, autostart: ['sleeper'] });
    await startWith(home, `ulimit -n ${descriptorsMax}`);
    const { pid } = await home.reaches('sleeper', 'running');
    const rpc = await home.rpc();
    const crowd = Array.from({ length: descriptorsMax * 2 }, () => connect(home.paths.socket));
    try {
      // Whom it cannot accept it turns away.
      await Promise.race(crowd.map((socket) => once(socket, 'close')));
      expect(await rpc.call('module.status', { module: 'sleeper' })).to.include({ pid });
      const error = await failure(rpc.call('module.start', { module: 'other' }));
      expect(error)
        .to.have.property('message')
        .which.matches(/^"other" is running now, but.*EMFILE/);
    } finally {
      for (const socket of crowd) socket.destroy();
    }
    await until('new callers are served', () => isAnswered(home));
    expect((await home.cli('start', 'other')).status).to.equal(0);
    expect(await home.module('sleeper')).to.include({ pid, restart_count: 0 });
    // Launched while nothing could be opened any more, and not a second time since.
    expect(await home.module('other')).to.include({ state: 'running', restart_count: 0 });
    expect(home.processes()).to.have.length(4);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });
});

describe('a module that is out of memory', () => {
  const homes = temporaryHomes();

  it('is a crash of its own: its last words are kept, it is restarted, nobody else notices', async () => {
    const home = homes.create({
      modules: { sleeper, hungry: { type: 'node', module: 'hungry.mjs', ...hungry } },
      autostart: ['sleeper'],
    });
    home.file('hungry.mjs', 'const all = []; for (;;) all.push(new Array(10_000).fill(0.5));');
    const daemonPid = await home.start();
    const { pid } = await home.reaches('sleeper', 'running');
    const started = await home.cli('start', 'hungry');
    expect(started.status).to.equal(1);
    expect(started.stderr).to.include('heap out of memory');
    const failed = await home.reaches('hungry', 'failed', 'restart_limit');
    expect(failed).to.include({ restart_count: 1 });
    expect(failed.last_exit).to.include({ signal: 'SIGABRT' });
    expect(await home.module('sleeper')).to.include({ pid, restart_count: 0 });
    expect(isRunning(daemonPid)).to.equal(true);
  });
});

/** A start that never becomes ready, so that the first crash answers it. */
const hungry = {
  env: { NODE_OPTIONS: '--max-old-space-size=8' },
  ready: { after: '30s' },
  restart: { max_restarts: 1, base_delay: '0s' },
};

describe('params that are longer than the system hands to a program', () => {
  const homes = temporaryHomes();

  it('are an import failure with its reason, and the next start without them succeeds', async () => {
    const home = homes.create({ modules: { sleeper } });
    await home.start();
    const rpc = await home.rpc();
    // More than the 128 KiB that Linux allows for one variable, less than a message may have.
    const params = { filler: 'x'.repeat(200_000) };
    const error = await failure(rpc.call('module.start', { module: 'sleeper', params }));
    expect(error).to.include({ code: -32003 });
    expect(error).to.have.property('message').which.includes('E2BIG');
    expect(error).to.have.nested.property('data.state', 'import_failed');
    expect(await rpc.call('module.start', { module: 'sleeper' })).to.include({ state: 'running' });
  });
});

/** A background daemon under a limit of the shell's. */
async function startWith(home: TestHome, limit: string): Promise<void> {
  const script = `${limit} && exec "$0" "$1" daemon start`;
  const child = spawn('sh', ['-c', script, process.execPath, programs.cli], {
    env: { ...home.env },
    stdio: 'ignore',
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  expect(status, `under ${limit}`).to.equal(0);
}

async function isAnswered(home: TestHome): Promise<boolean> {
  const socket = connect(home.paths.socket);
  try {
    await once(socket, 'connect');
    socket.write('{"jsonrpc":"2.0","method":"module.list","id":1}\n');
    const [answer] = (await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => ['']),
    ])) as [unknown];
    return String(answer).includes('"result"');
  } finally {
    socket.destroy();
  }
}
