import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import type { RpcClient } from '../../rpc/client.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { freePort } from '../support/free-port.ts';
import { compiledTree } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** Each check counts: a busy machine shall not take longer over an answer. */
const quick = { interval: '1s', timeout: '2s', failures: 1 };
const moody = {
  module: join(compiledTree, 'test', 'fixtures', 'moody-module.js'),
  ready: { link: true },
  restart: { base_delay: '10ms' },
  stop: { timeout: '200ms' },
  health: quick,
};
const unlinked = { type: 'exec', ready: { after: 0 }, restart: { policy: 'never' } };
const sleeper = { ...unlinked, command: ['sleep', '1000'], restart: { base_delay: '10ms' } };

describe('health checks of a running daemon', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let rpc: RpcClient;
  let daemonPid: number;
  let sign: string;

  before(async () => {
    home = homes.create();
    sign = join(dirname(home.configDir), 'sign');
    writeFileSync(sign, '');
    const port = await freePort();
    const server = `
      const { existsSync } = require('node:fs');
      const answer = (_, reply) => {
        reply.statusCode = existsSync('sign') ? 200 : 503;
        reply.end();
      };
      require('node:http').createServer(answer).listen(${port}, '127.0.0.1');`;
    const look = 'echo "$SUPERBOT_MODULE$SUPERBOT_LINK_TOKEN: no sign"; test -e sign';
    const modules = {
      stuck: moody,
      troubled: moody,
      hung: moody,
      held: moody,
      slow: moody,
      base: { ...moody, params: { healthy: false }, health: { ...quick, failures: 1000 } },
      leaning: { ...moody, depends_on: { base: 'healthy' } },
      web: {
        ...{ ...unlinked, command: [process.execPath, '-e', server], ready: { tcp: port } },
        health: { ...quick, http: `http://127.0.0.1:${port}/health` },
      },
      shell: { ...sleeper, ...unlinked, health: { ...quick, exec: ['sh', '-c', look] } },
      sleeper,
    };
    const watchdog = { check_interval: '1s' };
    home.configure({ modules, autostart: Object.keys(modules), watchdog });
    daemonPid = await home.start();
    rpc = await home.rpc();
  });

  const statusOf = (module: string) => rpc.call('module.status', { module });

  const becomes = (name: string, health: ModuleStatus['health']) =>
    until(`${name} is ${health}`, async () => {
      const status = await statusOf(name);
      return status.health === health && status;
    });

  const restarted = (name: string) =>
    until(`${name} was restarted`, async () => {
      const status = await statusOf(name);
      return status.restart_count === 1 && status.state === 'running' && status;
    });

  it('restart a module that says that it is not healthy, count that, and explain it (row 60)', async () => {
    const { pid } = await becomes('stuck', 'healthy');
    await rpc.callAny('stuck.feel', { healthy: false, reason: 'no order was sent' });
    expect((await restarted('stuck')).pid).to.not.equal(pid);
    const { stdout } = await home.cli('module', 'explain', 'stuck');
    expect(stdout).to.include('unhealthy: no order was sent').and.include('restart 1 of 5');
    // As one expects of it, and so not worth a line.
    expect(stdout).to.not.match(/health +healthy/);
    await becomes('stuck', 'healthy');
  });

  it('show and alert trouble that a restart does not mend, and restart nothing', async () => {
    const { pid } = await becomes('troubled', 'healthy');
    const trouble = { healthy: false, restartHelps: false, reason: 'no price for 40 s' };
    await rpc.callAny('troubled.feel', { ...trouble, queueDepth: 12, errorCount: 3 });
    await becomes('troubled', 'unhealthy');
    const ill = await home.cli('health');
    expect(ill.status).to.equal(1);
    expect(ill.stdout).to.match(/^unhealthy\n/);
    expect(ill.stdout).to.match(/troubled +unhealthy .* 12 .* 3 .*no price for 40 s/);
    const look = async () => (await rpc.call('monitoring.health')).modules['troubled']!;
    const first = await look();
    expect(first.details).to.include({ check: 'link', queue_depth: 12, error_count: 3 });
    expect(first.details).to.include({ last_activity: '1970-01-01T00:00:00.000Z' });
    const later = await until('another check', async () => {
      const seen = await look();
      return seen.details!.failures > first.details!.failures && seen;
    });
    expect(later).to.include({ status: 'unhealthy', state: 'running', pid, restart_count: 0 });
    const said = home.storedLines('daemon').filter(({ fields }) => fields?.['alert'] !== undefined);
    expect(said.map(({ text }) => text)).to.include(
      'warning: troubled is unhealthy: no price for 40 s',
    );
    await rpc.callAny('troubled.feel', { healthy: true });
    await becomes('troubled', 'healthy');
    const topics = ['module.healthy', 'module.unhealthy'];
    const { events } = await rpc.call('events.history', { topics });
    const own = events.filter(({ data }) => (data as { module: string }).module === 'troubled');
    expect(own.map(({ topic }) => topic)).to.deep.equal([
      ...['module.healthy', 'module.unhealthy', 'module.healthy'],
    ]);
    const facts = { module: 'troubled', pid, state: 'running', restart_count: 0 };
    expect(own[1]!.data).to.deep.equal({ ...facts, reason: 'no price for 40 s' });
  });

  it('restart a module whose event loop hangs, and one that is stopped by a signal', async () => {
    await becomes('hung', 'healthy');
    const { pid } = await becomes('held', 'healthy');
    const hanging = Promise.allSettled([rpc.callAny('hung.hang')]);
    process.kill(pid!, 'SIGSTOP');
    await Promise.all([restarted('hung'), restarted('held')]);
    expect((await hanging)[0].status).to.equal('rejected');
    const { stdout } = await home.cli('module', 'explain', 'hung');
    expect(stdout).to.include('unhealthy: its event loop hangs: no answer in time');
  });

  it('do not hold a stop of the daemon itself against its modules', async () => {
    const { pid } = await becomes('slow', 'healthy');
    const said = (text: string) =>
      until(text, () => home.storedLines('slow').some((line) => line.text === text));
    await rpc.callAny('slow.feel', { healthy: true, afterMs: 4800 });
    await said('asked');
    process.kill(daemonPid, 'SIGSTOP');
    await said('half way');
    process.kill(daemonPid, 'SIGCONT');
    await rpc.callAny('slow.feel', { healthy: true });
    await until('the daemon has noticed', () =>
      home.storedLines('daemon').some(({ text }) => text.includes('suspended or stalled')),
    );
    const checkedAt = async () => (await rpc.call('monitoring.health')).modules['slow']!.checked_at;
    const before = await checkedAt();
    await until('a check after that', async () => (await checkedAt()) !== before);
    expect(await statusOf('slow')).to.include({ pid, restart_count: 0, health: 'healthy' });
    const texts = home.storedLines('daemon').map(({ text }) => text);
    expect(texts).to.not.include('slow is unhealthy').and.not.include('slow is degraded');
  });

  it('are what a dependant waits for that needs the other healthy', async () => {
    await becomes('base', 'degraded');
    expect(await statusOf('leaning')).to.include({ state: 'starting', pid: null });
    await rpc.callAny('base.feel', { healthy: true });
    await home.reaches('leaning', 'running');
    expect(await statusOf('base')).to.include({ health: 'healthy' });
  });

  it('by http and by command follow what these answer (row 79)', async () => {
    await Promise.all([becomes('web', 'healthy'), becomes('shell', 'healthy')]);
    const well = await home.cli('health');
    expect(well.status).to.equal(0);
    expect(well.stdout)
      .to.match(/^healthy\nMODULE .*\n/)
      .and.match(/\nweb +healthy +running/);
    rmSync(sign);
    await Promise.all([becomes('web', 'unhealthy'), becomes('shell', 'unhealthy')]);
    const { status, modules } = await rpc.call('monitoring.health');
    const { web, shell } = modules;
    expect(status).to.equal('unhealthy');
    expect(web).to.include({ state: 'running', restart_count: 0 });
    expect(web!.pid).to.be.a('number');
    expect(web!.details).to.include({ check: 'http', message: 'it answered with status 503' });
    expect(shell!.details).to.include({ check: 'exec', message: 'exit code 1: shell: no sign' });
  });

  it('find a zombie that the keeper does not reap; the module is started once (row 83)', async () => {
    const { pid } = await statusOf('sleeper');
    const keeper = readKeeperIdentity(home.path)!.pid;
    process.kill(keeper, 'SIGSTOP');
    process.kill(pid!, 'SIGKILL');
    await until('an alert', () =>
      home.storedLines('daemon').some(({ text }) => text.includes('(a zombie)')),
    );
    process.kill(keeper, 'SIGCONT');
    expect((await restarted('sleeper')).last_exit).to.include({ signal: 'SIGKILL' });
  });

  it('are not made any more when the watchdog is off', async () => {
    await becomes('slow', 'healthy');
    const watchdog = { enabled: false };
    home.configure({ modules: { slow: moody }, autostart: ['slow'], watchdog });
    expect((await home.cli('config', 'reload')).status).to.equal(0);
    const { modules } = await rpc.call('monitoring.health');
    expect(modules['slow']).to.include({ status: 'unknown', checked_at: null, details: null });
  });
});
