import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { packageRoot } from '../../../config/paths.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { failure } from '../../rpc/failure.ts';
import { temporaryHomes } from '../../support/superbot.ts';
import { until } from '../../support/until.ts';

const root = packageRoot();
const library = join(root, 'modules', 'api', 'python');
const fixture = join(root, 'test', 'fixtures', 'python_module.py');
const example = join(library, 'examples', 'python-bot');
const env = { PYTHONPATH: library, PYTHONDONTWRITEBYTECODE: '1' };

const sample = {
  type: 'exec',
  command: ['python3', fixture],
  env,
  params: { speed: 50 },
  ready: { link: true, timeout: '20s' },
};

describe('a module in plain Python', () => {
  const homes = temporaryHomes();

  before(function () {
    if (spawnSync('python3', ['--version']).error === undefined) return;
    this.test!.parent!.title += ' (skipped: python3 is not installed)';
    this.skip();
  });

  for (const transport of ['unix', 'tcp']) {
    it(`gets its params, is ready, answers, and stops when asked, on ${transport}`, async () => {
      const ipc = { transport, tcp_port: 0 };
      const home = homes.create({ modules: { sample }, ipc });
      await home.start();
      const rpc = await home.rpc();
      const started = await rpc.call('module.start', { module: 'sample' });
      expect(started.state).to.equal('running');
      const params = { text: 'grüße\u2028', list: [1, null, { a: 1.5 }] };
      expect(await rpc.callAny('sample.echo', params)).to.deep.equal(params);
      const stopped = await rpc.call('module.stop', { module: 'sample' });
      expect(stopped.last_exit).to.include({ code: 0, signal: null });
      const lines = home.storedLines('sample').filter(({ stream }) => stream === 'stdout');
      const ending = lines.slice(1).filter(({ level }) => level === 'info');
      const texts = ['ending', 'shutdown', 'shutdown', 'shutdown'];
      expect(ending.map((line) => line.text)).to.deep.equal(texts);
      expect(lines[0]).to.include({ level: 'info' });
      expect(lines[0]?.fields).to.deep.include({ name: 'sample', params: { speed: 50 } });
    });
  }

  it('runs its shutdown callbacks by phases, within the deadline, and all though one fails (row 73)', async () => {
    const home = homes.create({ modules: { sample: { ...sample, stop: { timeout: '100s' } } } });
    await home.start();
    const rpc = await home.rpc();
    await rpc.call('module.start', { module: 'sample' });
    const stopped = await rpc.call('module.stop', { module: 'sample' });
    expect(stopped.last_exit).to.include({ code: 0, signal: null });
    const lines = home.storedLines('sample');
    const done = lines.filter(({ text: said }) => said === 'shutdown');
    const phases = done.map(({ fields }) => fields?.['phase']);
    expect(phases).to.deep.equal(['pre', 'cleanup', 'post']);
    // The daemon gives eight tenths of the stop's timeout.
    const left = done.map(({ fields }) => Number(fields?.['left_s']));
    expect(left[0]).to.be.within(10, 40);
    expect(left[1]).to.be.within(left[0]! + 1, 72);
    expect(left[2]).to.be.within(left[1]! + 1, 80);
    const failed = lines.find(({ level }) => level === 'error');
    expect(failed?.text).to.include('phase pre').and.to.include('an order that was not there');
  });

  it('passes its own errors on, hides unexpected ones, and calls the daemon back', async () => {
    const home = homes.create({ modules: { sample }, autostart: ['sample'] });
    await home.start();
    await home.reaches('sample', 'running');
    const rpc = await home.rpc();
    const refused = await failure(rpc.callAny('sample.refuse'));
    expect(refused).to.deep.include({ code: -31000, data: { until: 'tomorrow' } });
    const failed = await failure(rpc.callAny('sample.fail'));
    expect(failed).to.include({ code: -32603, message: 'internal error' });
    const status = { method: 'module.status', params: { module: 'sample' } };
    expect(await rpc.callAny('sample.ask', status)).to.include({ module: 'sample' });
    const stop = { method: 'daemon.stop', params: {} };
    expect(await failure(rpc.callAny('sample.ask', stop))).to.be.an.instanceOf(RpcError);
    const line = home.storedLines('daemon').find(({ fields }) => fields?.['refused'] === 'role');
    expect(line?.fields).to.include({ method: 'daemon.stop', role: 'module', module: 'sample' });
  });

  it('answers health checks, also while all its threads for methods are busy', async () => {
    const health = { interval: '1s', failures: 1 };
    const home = homes.create({
      modules: { sample: { ...sample, health } },
      autostart: ['sample'],
    });
    await home.start();
    await home.reaches('sample', 'running');
    const rpc = await home.rpc();
    const trouble = { healthy: false, restart_helps: false, reason: 'no prices', queue_depth: 2 };
    await rpc.callAny('sample.feel', trouble);
    const naps = Promise.allSettled([1, 2, 3, 4].map(() => rpc.callAny('sample.nap')));
    await until('it says so', async () => (await home.module('sample')).health === 'unhealthy');
    const { modules } = await rpc.call('monitoring.health');
    expect(modules['sample']!.details).to.include({ message: 'no prices', queue_depth: 2 });
    await rpc.call('module.stop', { module: 'sample' });
    await naps;
  });

  it('sends nothing that the daemon would close its link for: neither answers, calls nor health', async () => {
    const health = { interval: '1s', failures: 1 };
    const home = homes.create({
      modules: { sample: { ...sample, health } },
      autostart: ['sample'],
    });
    await home.start();
    await home.reaches('sample', 'running');
    const rpc = await home.rpc();
    const tooLong = { length: 1_100_000 };
    const error = await failure(rpc.callAny('sample.shout', tooLong));
    expect(error).to.deep.include({ code: -32007, data: { reason: 'answer_too_large' } });
    const told = await failure(rpc.callAny('sample.tell', tooLong));
    expect(told).to.include({ code: -32600 });
    expect(told.message).to.match(/^cannot call events\.publish: the message has 11\d{5} bytes/);
    const mood = {
      reason: 'x'.repeat(2000),
      details: { log: 'x'.repeat(900_000) },
      healthy: false,
    };
    await rpc.callAny('sample.feel', { ...mood, restart_helps: false });
    await until('it says so', async () => (await home.module('sample')).health === 'unhealthy');
    const { details } = (await rpc.call('monitoring.health')).modules['sample']!;
    expect(details).to.deep.include({ message: 'x'.repeat(1000), details: null });
    const texts = home.storedLines('sample').map(({ text: said }) => said);
    expect(texts).not.to.include('no link to the daemon; working on and trying again');
    expect(texts.join('\n')).not.to.match(/link to the daemon is gone/);
  });

  it('works on while the daemon is replaced, and says hello to the next one', async () => {
    const home = homes.create({ modules: { sample }, autostart: ['sample'] });
    await home.start();
    const { pid } = await home.reaches('sample', 'running');
    expect((await home.cli('daemon', 'restart', '--keep-modules')).status).to.equal(0);
    const rpc = await home.rpc();
    const echoed = await until('the link is back', async () => {
      try {
        return await rpc.callAny('sample.echo', { a: 1 });
      } catch (error) {
        if (error instanceof RpcError && error.is('notRunning')) return null;
        throw error;
      }
    });
    expect(echoed).to.deep.equal({ a: 1 });
    expect(await home.reaches('sample', 'running')).to.include({ pid });
  });

  it('says once that its link is refused, however often it tries, and works on', async () => {
    const rival = { ...sample, ready: { after: '0s' }, provides: ['sample'] };
    const home = homes.create({ modules: { sample, rival } });
    await home.start();
    const rpc = await home.rpc();
    await rpc.call('module.start', { module: 'sample' });
    await rpc.call('module.start', { module: 'rival' });
    await until('three tries', () => {
      const lines = home.storedLines('daemon');
      return lines.filter(({ fields }) => fields?.['refused'] === 'claim').length >= 3;
    });
    const told = home.storedLines('rival').filter(({ text: said }) => said.includes('refused'));
    expect(told).to.have.length(1);
    expect(await home.module('rival')).to.include({ state: 'running', restart_count: 0 });
  });

  it('halts itself and stays halted', async () => {
    const home = homes.create({ modules: { sample }, autostart: ['sample'] });
    await home.start();
    await home.reaches('sample', 'running');
    expect(await (await home.rpc()).callAny('sample.halt')).to.deep.equal({});
    const { last_exit: exit } = await home.reaches('sample', 'stopped', 'halted');
    expect(exit).to.include({ code: 0 });
  });

  it('ends with 0 on SIGTERM', async () => {
    const never = { ...sample, restart: { policy: 'never' } };
    const home = homes.create({ modules: { sample: never }, autostart: ['sample'] });
    await home.start();
    const { pid } = await home.reaches('sample', 'running');
    process.kill(pid!, 'SIGTERM');
    const { last_exit: exit } = await home.reaches('sample', 'stopped');
    expect(exit).to.include({ code: 0, signal: null });
  });

  it('runs by hand without a daemon, and ends on Ctrl-C', async () => {
    const child = spawn('python3', [fixture], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [first] = (await once(child.stdout, 'data')) as [Buffer];
      expect(JSON.parse(first.toString())).to.include({ msg: 'up', name: null });
      child.kill('SIGINT');
      const [ending, rest] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
      expect(ending).to.deep.equal([0, null]);
      expect(rest).to.contain('"ending"');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is the example as its page says: configured by its own folder', async () => {
    const home = homes.create();
    home.env['SUPERBOT_CONFIG'] = join(example, 'config');
    await home.start();
    await home.reaches('bot', 'running');
    const { status, stdout } = await home.cli('rpc', 'call', 'bot.balance', '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.have.all.keys('cash', 'quantity', 'equity');
    const { stdout: discovered } = await home.cli('rpc', 'discover', '--json');
    expect(discovered).to.contain('{"name":"bot.balance"');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.storedLines('bot').at(-1)).to.include({ text: 'stopped' });
  });

  it('needs no newer Python than 3.9', () => {
    const check = 'import ast,sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))';
    const file = join(library, 'superbot_module.py');
    const { status, stderr } = spawnSync('python3', ['-c', check, file], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
  });
});
