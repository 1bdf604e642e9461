import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import { RpcError } from '../../rpc/errors.ts';
import type { RpcClient } from '../../rpc/client.ts';
import { failure } from '../rpc/failure.ts';
import { freePort } from '../support/free-port.ts';
import { isRunning } from '../support/processes.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';
import { type LauncherCase, launcherCases } from './launcher-cases.ts';

interface Look {
  readonly params: object;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const args = ['--mode', 'paper trading'];
const params = { symbol: 'BTC/USD', limits: [1, null, { deep: 'grüße' }] };
const given = { LC_ALL: 'C.UTF-8', MODE: 'a b' };

for (const launcher of launcherCases) {
  const { type, skipped } = launcher;
  const why = skipped === null ? '' : ` (skipped: ${skipped})`;
  (skipped === null ? describe : describe.skip)(`a module of type ${type} (row 81)${why}`, () =>
    suite(launcher),
  );
}

function suite({ make, env, entries, added, differs }: LauncherCase): void {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let rpc: RpcClient;
  let port: number;

  before(async () => {
    port = await freePort();
    const common = {
      params,
      env_inherit: ['INHERITED'],
      ready: { link: true, timeout: '20s' },
      restart: { base_delay: '10ms' },
      health: { interval: '1s' },
    };
    const module = (entry: string, more: object = {}): object => ({
      ...common,
      ...make(entry, port),
      env: { ...env, ...given },
      ...more,
    });
    home = homes.create({
      modules: {
        sample: module(entries.sample, { args: differs.server?.args ?? args }),
        impatient: module(entries.sample, { stop: { timeout: '1s' }, provides: ['sample'] }),
        absent: module(entries.absent),
        broken: module(entries.broken),
      },
    });
    Object.assign(home.env, { INHERITED: 'yes', SECRET: 'of the daemon' });
    await home.start();
    rpc = await home.rpc();
  });

  /** As a client would: from whatever the last test has left. */
  async function startAnew(over?: Record<string, string>): Promise<{ pid: number }> {
    const target = { module: 'sample', force: true };
    const { pid, state } = await rpc.call(
      'module.restart',
      over === undefined ? target : { ...target, params: over },
    );
    expect(state).to.equal('running');
    return { pid: pid! };
  }

  const look = async (): Promise<Look> => (await rpc.callAny('sample.look')) as Look;

  /** The answer of a module that ends on it may come or not. */
  async function ask(method: string, wish: object = {}): Promise<void> {
    await Promise.allSettled([rpc.callAny(method, wish)]);
  }

  it('is started, and its pid is in its pid file', async () => {
    const { pid, ...started } = await rpc.call('module.start', { module: 'sample' });
    expect(started).to.include({ changed: true, state: 'running', restart_count: 0 });
    expect(isRunning(pid!)).to.equal(true);
    expect(readFileSync(home.paths.modulePid('sample'), 'utf8').trim()).to.equal(String(pid));
  });

  it('is asked for its health, a web server by HTTP, any other over its link', async () => {
    await until('it is healthy', async () => (await home.module('sample')).health === 'healthy');
    const { modules } = await rpc.call('monitoring.health');
    const check = differs.server === undefined ? 'link' : 'http';
    expect(modules['sample']!.details).to.include({ check, message: null });
  });

  it('is running only once it has said that it is ready', async () => {
    await rpc.call('module.stop', { module: 'sample' });
    const later = { ready: 'later' };
    await rpc.call('module.start', { module: 'sample', params: later, wait: false });
    await until('it answers', () => rpc.callAny('sample.look').catch(notYet));
    expect(await home.module('sample')).to.include({ state: 'starting' });
    await rpc.callAny('sample.get_ready');
    await home.reaches('sample', 'running');
  });

  it('gets its params and a clean environment (row 77)', async () => {
    await startAnew();
    const seen = await look();
    expect(seen.params).to.deep.equal(params);
    expect(JSON.parse(seen.env['SUPERBOT_PARAMS']!)).to.deep.equal(params);
    expect(seen.env).to.include({ ...given, INHERITED: 'yes', SUPERBOT_MODULE: 'sample' });
    expect(seen.env['SUPERBOT_HOME']).to.equal(home.path);
    const inherited = ['PATH', 'HOME', 'USER', 'LANG'].filter((name) => home.env[name]);
    const own = ['HOME', 'ENDPOINT', 'MODULE', 'LAUNCH', 'LINK_TOKEN', 'PARAMS'];
    const expected = new Set([
      ...inherited,
      ...own.map((name) => `SUPERBOT_${name}`),
      ...Object.keys({ ...env, ...given, INHERITED: 'yes' }),
      ...added,
    ]);
    // Node hands this one on to every child by itself while coverage is measured.
    const names = Object.keys(seen.env).filter((name) => name !== 'NODE_V8_COVERAGE');
    expect(names.sort()).to.deep.equal([...expected].sort());
  });

  it('gets the params of an operator over those of the configuration', async () => {
    await startAnew({ symbol: 'ETH/USD' });
    expect((await look()).params).to.deep.equal({ ...params, symbol: 'ETH/USD' });
  });

  const { server } = differs;
  if (server === undefined) {
    it('gets its arguments (row 77)', async () => {
      await startAnew();
      expect((await look()).args).to.deep.equal(args);
    });
  } else {
    it("answers HTTP on its port; its arguments are the server's", async () => {
      await startAnew();
      const answer = await until('it answers HTTP', () =>
        fetch(`http://127.0.0.1:${port}/prices`).catch(notYet),
      );
      expect(answer.status).to.equal(200);
      expect(await answer.text()).to.equal('hello from /prices');
      expect(answer.headers.get(server.header)).to.equal('paper');
    });
  }

  it('has its output in its log, line by line', async () => {
    await startAnew();
    await rpc.callAny('sample.say', { stdout: 'grüße one\ntwo', stderr: 'oh no' });
    const lines = await until('three lines', () => {
      const said = home
        .storedLines('sample')
        .filter(({ text }) => ['grüße one', 'two', 'oh no'].includes(text));
      return said.length === 3 && said;
    });
    const of = (stream: string) =>
      lines.filter((line) => line.stream === stream).map(({ text }) => text);
    expect(of('stdout')).to.deep.equal(['grüße one', 'two']);
    expect(of('stderr')).to.deep.equal(['oh no']);
  });

  it('answers the methods it claims, and its own errors reach the caller', async () => {
    await startAnew();
    const error = await failure(rpc.callAny('sample.refuse'));
    expect(error).to.deep.include({ code: -31000, data: { until: 'tomorrow' } });
  });

  it('stops gracefully: its shutdown code has run, and nothing of it is left', async () => {
    const { pid } = await startAnew();
    const child = (await rpc.callAny('sample.have_child')) as number;
    const before = home.storedLines('sample').at(-1)?.seq ?? 0;
    const stopped = await rpc.call('module.stop', { module: 'sample' });
    expect(stopped).to.include({ changed: true, state: 'stopped', reason: 'operator', pid: null });
    expect(stopped.last_exit).to.not.include({ signal: 'SIGKILL' });
    const after = home.storedLines('sample').filter(({ seq }) => seq > before);
    expect(after.map(({ text }) => text)).to.include('shutting down');
    expect(isRunning(child)).to.equal(false);
    if (!differs.pidIsOfTheHost) expect(isRunning(pid)).to.equal(false);
    expect(existsSync(home.paths.modulePid('sample'))).to.equal(false);
  });

  it('is ended by force when it hangs, and so is what it started', async () => {
    await rpc.call('module.stop', { module: 'sample' });
    await rpc.call('module.start', { module: 'impatient' });
    const child = (await rpc.callAny('sample.have_child')) as number;
    const hanging = failure(rpc.callAny('sample.hang'));
    const stopped = await rpc.call('module.stop', { module: 'impatient' });
    expect(await hanging).to.be.instanceOf(RpcError);
    expect(stopped.last_exit).to.include({ signal: differs.hangEndsBy ?? 'SIGKILL' });
    expect(isRunning(child)).to.equal(false);
  });

  it('is started again when it crashes, with its exit code on record', async () => {
    await startAnew();
    const launch = (await look()).env['SUPERBOT_LAUNCH'];
    await ask('sample.exit', { code: 3 });
    const back = await until('it was restarted', async () => {
      const status = await home.module('sample');
      return status.restart_count === 1 && status.state === 'running' && status;
    });
    expect(back.last_exit).to.include({ code: 3, signal: null });
    expect((await look()).env['SUPERBOT_LAUNCH']).to.not.equal(launch);
    expect((await look()).params).to.deep.equal(params);
  });

  it('stays stopped when it exits with 79, the code for a halt', async () => {
    await startAnew();
    await ask('sample.exit', { code: 79 });
    const halted = await home.reaches('sample', 'stopped', 'halted');
    expect(halted).to.include({ wanted: 'down', restart_count: 0 });
    expect(halted.last_exit).to.include({ code: 79 });
  });

  it('stays stopped when it halts itself over the link', async () => {
    await startAnew();
    await rpc.callAny('sample.halt');
    expect(await home.reaches('sample', 'stopped', 'halted')).to.include({ wanted: 'down' });
  });

  it('is import_failed when its entry is missing', async () => {
    const error = await failure(rpc.call('module.start', { module: 'absent' }));
    expect(error).to.have.property('code', -32003);
    expect(await home.module('absent')).to.include({ state: 'import_failed', pid: null });
  });

  it('is import_failed when what it imports is not installed', async () => {
    const error = await failure(rpc.call('module.start', { module: 'broken' }));
    expect(error).to.have.property('code', -32003);
    expect(error).to.have.nested.property('data.state', 'import_failed');
    const status = await home.module('broken');
    expect(status).to.include({ state: 'import_failed', restart_count: 0 });
    expect(status.last_error).to.match(/no.such.package/);
  });
}

/** Of a module that starts: whoever polls asks again. */
function notYet(error: unknown): null {
  if (error instanceof RpcError && error.is('notRunning')) return null;
  // What fetch throws when nobody listens.
  if (error instanceof TypeError) return null;
  throw error;
}
