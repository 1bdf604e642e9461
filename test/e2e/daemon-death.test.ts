import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'mocha';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/processes.ts';
import type { DaemonProcess } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const atOnce = { after: '0s' };
const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: atOnce };

describe('a daemon that is killed with a module in every moment', () => {
  const homes = temporaryHomes('all');
  const server = createServer((socket) => socket.destroy());
  let home: TestHome;
  const then = new Map<string, ModuleStatus>();

  before(async function () {
    this.timeout(60_000);
    const port = await freePort();
    home = homes.create(everyMoment(port));
    const daemon = await home.foreground().ready();
    await bringAbout(home);
    for (const name of ['steady', 'slow', 'waiting', 'stubborn', 'crashed', 'brief']) {
      then.set(name, await home.module(name));
    }
    await kill(daemon);
    touch(home, 'brief.goes');
    await until('it has ended', () => !isRunning(then.get('brief')?.pid ?? 0));
    await home.foreground().ready();
    await listen(server, port);
  });

  after(() => server.close());

  it('leaves what runs with its pid, params, restart count and time of start', async () => {
    const status = await home.module('steady');
    expect(lasting(status)).to.deep.equal(lasting(thenOf('steady')));
    expect(status).to.deep.include({ state: 'running', restart_count: 1, params: { speed: 7 } });
  });

  it('leaves what was starting, and the next one waits for it to become ready', async () => {
    expect(thenOf('slow').state).to.equal('starting');
    expect(lasting(await home.reaches('slow', 'running'))).to.deep.equal(lasting(thenOf('slow')));
  });

  it('leaves what waited for a dependency waiting, until it is there', async () => {
    expect(thenOf('waiting')).to.include({ state: 'starting', pid: null, wanted: 'up' });
    const status = await home.reaches('waiting', 'running');
    expect(status).to.include({ restart_count: 0, last_exit: null });
  });

  it('leaves what was told to end to be ended by the next one', async () => {
    const { pid } = thenOf('stubborn');
    expect(thenOf('stubborn').state).to.equal('stopping');
    expect(await home.module('stubborn')).to.include({ state: 'stopping', pid, wanted: 'down' });
    touch(home, 'stubborn.goes');
    const status = await home.reaches('stubborn', 'stopped', 'operator');
    expect(status.last_exit).to.include({ code: 0, signal: null });
    expect(isRunning(pid ?? 0)).to.equal(false);
  });

  it('leaves a restart pending for the time it was meant for', async () => {
    const { state, next_restart_at, restart_count, last_exit } = await home.module('crashed');
    const before = thenOf('crashed');
    expect({ state, next_restart_at, restart_count, last_exit }).to.deep.equal({
      state: 'restarting',
      next_restart_at: before.next_restart_at,
      restart_count: 0,
      last_exit: before.last_exit,
    });
    expect(last_exit).to.include({ code: 3, signal: null });
  });

  it('leaves the true exit of what ended meanwhile to be told', async () => {
    const { last_exit } = await home.reaches('brief', 'failed');
    expect(last_exit).to.include({ code: 7, signal: null, reason: null });
  });

  function thenOf(name: string): ModuleStatus {
    return then.get(name)!;
  }
});

describe('a daemon that is killed', () => {
  const homes = temporaryHomes();

  it('before the keeper has answered its spawn leaves one copy to the next one', async () => {
    const home = homes.create({ modules: { sleeper } });
    const daemon = await home.foreground().ready();
    const keeper = readKeeperIdentity(home.path)?.pid ?? 0;
    process.kill(keeper, 'SIGSTOP');
    const rpc = await home.rpc();
    const params = { speed: 7 };
    await rpc.call('module.start', { module: 'sleeper', params, wait: false });
    await until('it is stored that it starts', () =>
      readFileSync(home.paths.state, 'utf8').includes('"state": "starting"'),
    );
    await kill(daemon);
    process.kill(keeper, 'SIGCONT');
    await home.foreground().ready();
    const status = await home.reaches('sleeper', 'running');
    expect(status).to.deep.include({ wanted: 'up', restart_count: 0, params });
    expect(home.processes()).to.have.length(3);
  });

  it('right after an answer, in the middle of its writes, has kept what it said', async () => {
    const home = homes.create({ modules: { sleeper } });
    for (const [method, wanted] of [
      ['module.start', 'up'],
      ['module.stop', 'down'],
    ] as const) {
      const daemon = await home.foreground().ready();
      const answer = (await home.rpc()).call(method, { module: 'sleeper', wait: false });
      expect((await answer).wanted).to.equal(wanted);
      await kill(daemon);
      const next = await home.foreground().ready();
      expect((await home.module('sleeper')).wanted).to.equal(wanted);
      await kill(next);
    }
    expect(home.storedLines('daemon').filter(({ text }) => text.includes('damaged'))).to.be.empty;
  });
});

function everyMoment(port: number): object {
  const never = { policy: 'never' };
  const untilTold = (what: string): string[] => [
    'sh',
    '-c',
    `${what}; while [ ! -e "$0" ]; do sleep 0.02; done`,
  ];
  return {
    modules: {
      steady: { ...sleeper, restart: { base_delay: '0s' } },
      slow: { ...sleeper, ready: { tcp: port, timeout: '10m' } },
      waiting: { ...sleeper, depends_on: { slow: 'ready' } },
      stubborn: {
        type: 'exec',
        command: [...untilTold('trap "echo told" TERM; echo up'), 'stubborn.goes'],
        ready: atOnce,
        stop: { timeout: '10m' },
      },
      crashed: {
        type: 'exec',
        command: ['sh', '-c', 'exit 3'],
        restart: { base_delay: '1h', max_delay: '1h' },
      },
      brief: {
        type: 'exec',
        command: ['sh', '-c', onlyOnce('while [ ! -e brief.goes ]; do sleep 0.02; done; exit 7')],
        ready: atOnce,
        restart: never,
      },
    },
    autostart: ['brief', 'slow', 'waiting', 'crashed', 'stubborn'],
  };
}

/** A second launch, of something forgotten, ends with another code. */
function onlyOnce(script: string): string {
  return `[ -e ran ] && exit 9; echo > ran; ${script}`;
}

/** One module in each moment of its life. */
async function bringAbout(home: TestHome): Promise<void> {
  const rpc = await home.rpc();
  const { pid } = await rpc.call('module.start', { module: 'steady', params: { speed: 7 } });
  process.kill(pid ?? 0, 'SIGKILL');
  await until('steady runs again', async () => {
    const status = await home.module('steady');
    return status.state === 'running' && status.pid !== pid;
  });
  await until('stubborn is up', () =>
    home.storedLines('stubborn').some(({ text }) => text === 'up'),
  );
  await rpc.call('module.stop', { module: 'stubborn', wait: false });
  await until('stubborn is told', () =>
    home.storedLines('stubborn').some(({ text }) => text === 'told'),
  );
  await home.reaches('crashed', 'restarting');
  await home.reaches('brief', 'running');
  await until('slow has a process', async () => (await home.module('slow')).pid !== null);
}

async function kill(daemon: DaemonProcess): Promise<void> {
  daemon.child.kill('SIGKILL');
  await daemon.ended;
}

/** Modules run in the folder that holds the configuration's. */
function touch(home: TestHome, file: string): void {
  home.file(file, '');
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function lasting({ pid, params, restart_count, started_at, wanted }: ModuleStatus): object {
  return { pid, params, restart_count, started_at, wanted };
}
