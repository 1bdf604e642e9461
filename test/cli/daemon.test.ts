// The start protocol against a program that speaks only that; test/e2e has the real daemon.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { lockHome } from '../../daemon/home/lock.ts';
import type { Handlers } from '../../rpc/table.ts';
import { startServer, type TestServer } from '../rpc/wire.ts';
import { BundledCli } from './bundle.ts';
import { daemonStatus, logLine } from './statuses.ts';

// Writes down how it was run, runs SCRIPT, and stays if that left something to stay for. Every
// configuration is fine by it.
const starter = `
if (process.argv.includes('--check')) process.exit(0);
import { writeFileSync, writeSync, closeSync } from 'node:fs';
const { SUPERBOT_NOTIFY_FD, SUPERBOT_BACKGROUND, SUPERBOT_HOME, SUPERBOT_LAUNCH, RECORD, SCRIPT } =
  process.env;
const tell = (notice) => {
  writeSync(Number(SUPERBOT_NOTIFY_FD), JSON.stringify(notice) + '\\n');
  closeSync(Number(SUPERBOT_NOTIFY_FD));
};
const args = process.argv.slice(2);
const told = { SUPERBOT_BACKGROUND, SUPERBOT_HOME, SUPERBOT_LAUNCH };
writeFileSync(RECORD, JSON.stringify({ args, pid: process.pid, ...told }));
new Function('tell', 'writeFileSync', SCRIPT)(tell, writeFileSync);
`;

describe('superbot-cli daemon', () => {
  const cli = new BundledCli();
  let home: string;
  let record: string;
  let server: TestServer | null = null;
  let bystander: ChildProcess | null = null;
  before(async () => {
    await mkdir(join(cli.dir, 'daemon'));
    await writeFile(join(cli.dir, 'daemon', 'main.js'), starter);
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sb-home-'));
    record = join(home, 'record.json');
  });
  afterEach(async () => {
    bystander?.kill('SIGKILL');
    bystander = null;
    await server?.stop();
    server = null;
    await rm(home, { recursive: true });
  });

  async function serve(handlers: Partial<Handlers>): Promise<TestServer> {
    server = await startServer({ handlers });
    return server;
  }

  function start(script: string, ...args: string[]) {
    const env = { RECORD: record, SCRIPT: script };
    return cli.run(['--home', home, 'daemon', 'start', ...args], env);
  }

  async function recorded(): Promise<{ args: string[]; pid: number; SUPERBOT_BACKGROUND: string }> {
    return JSON.parse(await readFile(record, 'utf8')) as Awaited<ReturnType<typeof recorded>>;
  }

  describe('start', () => {
    it('returns once the daemon answers, and leaves it running', async () => {
      const status = daemonStatus();
      const { endpoint } = await serve({ 'daemon.status': () => status });
      const ready = JSON.stringify({ ready: true, pid: 4000, endpoint });
      const result = await start(
        `tell(${ready}); setTimeout(() => {}, 20_000)`,
        '--config',
        'conf',
      );
      const { args, pid, SUPERBOT_BACKGROUND } = await recorded();
      // Throws if it does not run.
      process.kill(pid, 'SIGKILL');
      expect(result).to.include({ status: 0, stderr: '' });
      expect(result.stdout).to.match(
        /^daemon {2}running {2}\(started in .+, pid 4000, unix:.+\)\n$/,
      );
      expect(args).to.deep.equal(['--home', home, '--config', join(process.cwd(), 'conf')]);
      expect(SUPERBOT_BACKGROUND).to.equal('1');
    });

    it('prints the status with --json', async () => {
      const { endpoint } = await serve({ 'daemon.status': () => daemonStatus() });
      const ready = JSON.stringify({ ready: true, pid: 4000, endpoint });
      const { stdout } = await start(`tell(${ready})`, '--json');
      expect(JSON.parse(stdout)).to.deep.equal(daemonStatus());
    });

    it('prints why the daemon refused to start, line by line', async () => {
      const refused = JSON.stringify({
        ready: false,
        error: 'bad config:\na.yaml:1:2: no',
        exit: 1,
      });
      const { status, stderr } = await start(`tell(${refused})`);
      expect(status).to.equal(1);
      expect(stderr).to.equal('error: bad config:\na.yaml:1:2: no\n');
    });

    it('makes no part of a module of a daemon that the module starts', async () => {
      const script = `tell({ ready: false, error: 'enough' })`;
      const env = { RECORD: record, SCRIPT: script, SUPERBOT_HOME: home, SUPERBOT_LAUNCH: 'a:1' };
      await cli.run(['daemon', 'start'], env);
      const told = await recorded();
      expect(told).to.include({ SUPERBOT_HOME: home }).and.not.have.property('SUPERBOT_LAUNCH');
    });

    it('prints the last log lines of a daemon that died without a word', async () => {
      await mkdir(join(home, 'logs'));
      const log = join(home, 'logs', 'daemon.log');
      const old = logLine(1, { module: 'daemon', text: 'of an earlier run' });
      const last = logLine(2, {
        module: 'daemon',
        text: 'out of luck',
        time: '9999-01-01T00:00:00Z',
      });
      const lines = `${JSON.stringify(old)}\n${JSON.stringify(last)}\n`;
      const script = `writeFileSync(${JSON.stringify(log)}, ${JSON.stringify(lines)}); process.exit(7)`;
      const { status, stderr } = await start(script);
      expect(status).to.equal(1);
      expect(stderr).to.contain('ended while it started (exit code 7)');
      expect(stderr).to.contain('| out of luck').and.not.contain('earlier run');
    });

    it('exits 6 when the daemon takes longer than --timeout', async () => {
      const { status, stderr } = await start('setTimeout(() => {}, 20_000)', '--timeout', '0.5');
      const { pid } = await recorded();
      process.kill(pid, 'SIGKILL');
      expect(status).to.equal(6);
      expect(stderr).to.contain(`(pid ${pid}) does not answer yet`);
    });

    it('does nothing when a daemon answers already', async () => {
      const { endpoint } = await serve({ 'daemon.status': () => daemonStatus() });
      await writeFile(join(home, 'endpoint'), `${endpoint}\n`);
      const { status, stdout } = await start('throw new Error("started")');
      expect(status).to.equal(0);
      expect(stdout).to.match(/already running, pid 4000/);
    });

    it('exits 0 as the loser of a race once the winner answers', async () => {
      const { endpoint } = await serve({ 'daemon.status': () => daemonStatus() });
      const taken = { ready: false, error: 'taken', exit: 1, already_running: process.pid };
      const file = JSON.stringify(join(home, 'endpoint'));
      const script = `tell(${JSON.stringify(taken)}); writeFileSync(${file}, '${endpoint}')`;
      const { status, stdout } = await start(script);
      expect(status).to.equal(0);
      expect(stdout).to.match(/already running, pid 4000/);
    });

    it('exits 1 when the winner of the race has ended', async () => {
      const taken = 'tell({ ready: false, error: "taken", exit: 1, already_running: process.pid })';
      const { status, stderr } = await start(taken);
      expect(status).to.equal(1);
      expect(stderr).to.contain('taken; but it has ended since');
    });
  });

  /** A process that stands for the daemon's, and a server that ends with it. */
  async function serveWithProcess(answer: () => void): Promise<number> {
    bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(bystander, 'spawn');
    const pid = bystander.pid!;
    const { endpoint } = await serve({
      'daemon.status': () => daemonStatus({ pid, endpoint, home }),
      'daemon.stop': (_params, _caller, call) => {
        call.afterAnswer(answer);
        return { status: 'stopping' };
      },
    });
    await writeFile(join(home, 'endpoint'), endpoint);
    return pid;
  }

  describe('stop', () => {
    it('returns when process and socket are gone', async () => {
      await serveWithProcess(() => {
        void server?.stop().then(() => bystander?.kill('SIGKILL'));
      });
      const { status, stdout } = await cli.run(['--home', home, 'daemon', 'stop']);
      expect(status).to.equal(0);
      expect(stdout).to.match(/^daemon {2}stopped {2}\(stopped in .+\)\n$/);
      expect(bystander?.signalCode).to.equal('SIGKILL');
    });

    it('exits 6 when the daemon is still there after --timeout', async () => {
      const pid = await serveWithProcess(() => undefined);
      const args = ['--home', home, 'daemon', 'stop', '--timeout', '0.5', '--json'];
      const { status, stdout } = await cli.run(args);
      expect(status).to.equal(6);
      expect(stdout).to.contain('-32006').and.contain(`(pid ${pid})`);
    });

    it('waits for a daemon that answers no more, and says so when that does not end', async function () {
      if (process.platform !== 'linux') this.skip();
      const lock = await lockHome(home);
      const stop = ['--home', home, 'daemon', 'stop'];
      const late = await cli.run([...stop, '--timeout', '0.2', '--json']);
      expect(late.status).to.equal(6);
      expect(late.stdout).to.contain('-32006').and.contain(`(pid ${process.pid})`);
      const patient = cli.run(stop);
      await lock.release();
      expect((await patient).status).to.equal(0);
    });

    it('exits 0 when it ends before it has answered, such as by somebody else’s stop', async () => {
      const { endpoint } = await serve({
        'daemon.status': () => {
          void server?.stop();
          return new Promise<never>(() => undefined);
        },
      });
      await writeFile(join(home, 'endpoint'), endpoint);
      const { status, stderr } = await cli.run(['--home', home, 'daemon', 'stop']);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    });

    it('exits 0 when none runs', async () => {
      const { status, stdout } = await cli.run(['--home', home, 'daemon', 'stop']);
      expect({ status, stdout }).to.deep.equal({
        status: 0,
        stdout: 'daemon  stopped  (was not running)\n',
      });
    });
  });

  it('restarts with the configuration directory of the daemon that ran', async () => {
    const asked: object[] = [];
    await serveWithProcess(() => undefined);
    await server?.stop();
    const { endpoint } = await serve({
      'daemon.status': () =>
        daemonStatus({ pid: bystander!.pid!, home, endpoint: 'tcp:127.0.0.1:1' }),
      'daemon.stop': (params, _caller, call) => {
        asked.push(params);
        call.afterAnswer(() => {
          void rm(join(home, 'endpoint')).then(() => bystander?.kill('SIGKILL'));
        });
        return { status: 'stopping' };
      },
    });
    await writeFile(join(home, 'endpoint'), endpoint);
    const ready = JSON.stringify({ ready: true, pid: 4000, endpoint });
    const env = { RECORD: record, SCRIPT: `tell(${ready})` };
    const args = ['--home', home, 'daemon', 'restart', '--keep-modules'];
    const { status, stdout } = await cli.run(args, env);
    expect(status).to.equal(0);
    expect(stdout).to.match(/restarted in/);
    expect(asked).to.deep.equal([{ keep_modules: true }]);
    const { args: given } = await recorded();
    expect(given).to.deep.equal(['--home', home, '--config', '/nowhere/config']);
  });
});
