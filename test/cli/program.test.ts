import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RpcError, type ErrorKind } from '../../rpc/errors.ts';
import { operatorToken } from '../rpc/wire.ts';
import { BundledCli, ended } from './bundle.ts';
import { daemonStatus, moduleStatus } from './statuses.ts';

describe('superbot-cli', () => {
  const cli = new BundledCli();

  describe('driving modules', () => {
    it('reports a start in one line', async () => {
      const server = await cli.serve({
        'module.start': () => ({ ...moduleStatus(), changed: true }),
      });
      const { status, stdout, stderr } = await cli.run([...server, 'start', 'trading']);
      expect(stdout).to.match(/^trading {2}running {2}\(started in [\d.]+ m?s, pid 4121\)\n$/);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    });

    it('sends params, --no-wait, --force and --timeout as the methods want them', async () => {
      const sent: object[] = [];
      const changed = { ...moduleStatus(), changed: true, also: [] };
      const server = await cli.serve({
        'module.start': (params) => (sent.push(params), changed),
        'module.stop': (params) => (sent.push(params), changed),
        'module.restart': (params) => (sent.push(params), changed),
      });
      const start = ['module', 'start', 'a', '--param', 'speed=50', '--param', 'mode=paper'];
      await cli.run([...server, ...start, '--no-wait', '--timeout', '2.5']);
      await cli.run([...server, 'module', 'stop', 'a', '--force', '--no-wait']);
      await cli.run([...server, 'restart', 'a', '--force', '--timeout', '9']);
      await cli.run([...server, 'stop', 'a', '-q']);
      expect(sent).to.deep.equal([
        { module: 'a', params: { speed: 50, mode: 'paper' }, wait: false, timeout: 2.5 },
        { module: 'a', graceful: false, wait: false },
        { module: 'a', force: true, timeout: 9 },
        { module: 'a' },
      ]);
    });

    it('says nothing of a success with --quiet', async () => {
      const changed = { ...moduleStatus(), changed: true, also: [] };
      const server = await cli.serve({ 'module.stop': () => changed });
      const result = await cli.run([...server, '-q', 'stop', 'trading']);
      expect(result).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    });

    it('prints exactly the result with --json, wherever that stands', async () => {
      const status = moduleStatus();
      const server = await cli.serve({ 'module.status': () => status });
      for (const args of [
        ['--json', 'module', 'status', 'trading'],
        ['status', 'trading', '--json'],
      ]) {
        expect((await cli.run([...server, ...args])).stdout).to.equal(
          `${JSON.stringify(status)}\n`,
        );
      }
    });

    it('tries every name and exits as the first failure does', async () => {
      const server = await cli.serve({
        'module.stop': ({ module }) => {
          if (module === 'a') return { ...moduleStatus({ module }), changed: true, also: [] };
          throw new RpcError(module === 'b' ? 'notFound' : 'refused', `cannot stop ${module}`);
        },
      });
      const args = [...server, 'module', 'stop', 'b', 'c', 'a', '--json'];
      const { status, stdout } = await cli.run(args);
      expect(status).to.equal(4);
      const documents = stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(documents).to.have.length(3);
      expect(documents[0]).to.have.nested.property('error.message', 'cannot stop b');
      expect(documents[1]).to.have.nested.property('error.code', -32007);
      expect(documents[2]).to.include({ module: 'a', changed: true });
    });

    it('shows the last output of a module that did not start', async () => {
      const server = await cli.serve({
        'module.start': () => {
          const data = { state: 'failed', output: ['one', 'two\u001b[2J'] };
          throw new RpcError('startFailed', 'cannot start "trading": it ended', data);
        },
      });
      const { status, stdout, stderr } = await cli.run([...server, 'start', 'trading']);
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
      expect(stderr).to.equal(
        'error: cannot start "trading": it ended\n  last output:\n    | one\n    | two\\x1b[2J\n',
      );
    });

    const kinds: [ErrorKind, number][] = [
      ['notFound', 4],
      ['startFailed', 1],
      ['dependency', 1],
      ['timeout', 6],
      ['refused', 5],
      ['internal', 1],
    ];
    for (const [kind, expected] of kinds) {
      it(`exits ${expected} when the daemon answers ${kind}`, async () => {
        const server = await cli.serve({
          'module.start': () => {
            throw new RpcError(kind, 'no');
          },
        });
        expect((await cli.run([...server, 'start', 'x'])).status).to.equal(expected);
      });
    }

    it('lists modules in a table that no pipe cuts', async () => {
      const modules = [
        moduleStatus(),
        moduleStatus({ module: 'x'.repeat(48), state: 'stopped', reason: 'operator', pid: null }),
      ];
      const server = await cli.serve({ 'module.list': () => ({ modules }) });
      const { stdout } = await cli.run([...server, 'module', 'list'], { COLUMNS: '20' });
      const lines = stdout.split('\n');
      expect(lines[0]).to.match(/^MODULE +STATE +HEALTH +PID +UPTIME +RESTARTS +TYPE$/);
      expect(lines[1]).to.match(/^trading +running +unknown +4121 +2h 5m +1 +node$/);
      expect(lines[2]).to.contain(`${'x'.repeat(48)}  stopped (operator)`);
    });

    it('has the first words of a long reason in the table, and all of it in the status of one', async () => {
      const reason = "Error: Cannot find module '/opt/bots/trading/strategies/momentum.js'";
      const failed = moduleStatus({ state: 'import_failed', reason, last_error: reason });
      const server = await cli.serve({
        'module.list': () => ({ modules: [failed] }),
        'module.status': () => failed,
      });
      const list = await cli.run([...server, 'module', 'list']);
      expect(list.stdout).to.match(/import_failed \(Cannot find module '\/opt\S+…\) +unknown/);
      const status = await cli.run([...server, 'module', 'status', 'trading']);
      expect(status.stdout).to.contain(`import_failed (${reason})`);
    });

    it('leaves the daemon working when it is interrupted, and says so', async () => {
      const called: object[] = [];
      const calling = new AbortController();
      const server = await cli.serve({
        'module.start': (params, { signal }) => {
          called.push(params);
          calling.abort();
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new RpcError('internal', 'gone')));
          });
        },
      });
      const child = cli.start([...server, 'start', 'trading']);
      const result = ended(child);
      await once(calling.signal, 'abort');
      child.kill('SIGINT');
      const { status, stderr } = await result;
      expect(called).to.deep.equal([{ module: 'trading' }]);
      expect(status).to.equal(130);
      expect(stderr).to.equal('interrupted; the daemon goes on starting "trading"\n');
    });
  });

  describe('asking', () => {
    it('shows the daemon and its modules on one screen', async () => {
      const server = await cli.serve({ 'daemon.status': () => daemonStatus() });
      for (const command of [['daemon', 'status'], ['status']]) {
        const { status, stdout } = await cli.run([...server, ...command]);
        expect(status).to.equal(0);
        expect(stdout).to.match(/^daemon {2}running\n {2}pid {7}4000\n/);
        expect(stdout).to.match(/\n\nMODULE /);
      }
    });

    it('says with the daemon that automatic restarts are held, until when and how many', async () => {
      const held = { until: '2026-11-22T03:02:00.000Z', count: 30 };
      const server = await cli.serve({
        'daemon.status': () => daemonStatus({ restarts_held: held }),
      });
      const { stdout } = await cli.run([...server, 'daemon', 'status']);
      expect(stdout).to.match(
        /\n {2}restarts {2}too many at once: .*2026-11-22T03:02:00\.000Z \(30 /,
      );
    });

    it('passes on what the trading module answers, decimals untouched', async () => {
      const balance = {
        mode: 'replay',
        currency: 'USD',
        cash: '100000.10',
        equity: '100000.10',
        starting_cash: '100000.00',
        fees_paid: '0',
        realized_pnl: '0.10',
        unrealized_pnl: '0',
        as_of: null,
        replay_finished: false,
      };
      const server = await cli.serve(
        {},
        { claimed: { has: () => true, call: () => Promise.resolve(balance) } },
      );
      const json = await cli.run([...server, 'trading', 'balance', '--json']);
      expect(json.stdout).to.equal(`${JSON.stringify(balance)}\n`);
      expect((await cli.run([...server, 'balance'])).stdout).to.contain('100000.10 USD');
    });

    it('exits 1 with −32004 when the trading module is not running', async () => {
      const call = () => Promise.reject(new RpcError('notRunning', 'trading is not running'));
      const server = await cli.serve({}, { claimed: { has: () => true, call } });
      const { status, stdout } = await cli.run([...server, 'balance', '--json']);
      expect(status).to.equal(1);
      expect(JSON.parse(stdout)).to.deep.equal({
        error: { code: -32004, message: 'trading is not running', data: null },
      });
    });

    it('calls any method, and exits 4 for one that does not exist', async () => {
      const server = await cli.serve({ 'module.status': ({ module }) => moduleStatus({ module }) });
      const args = ['rpc', 'call', 'module.status', '{"module":"a"}'];
      const { stdout } = await cli.run([...server, ...args]);
      expect(JSON.parse(stdout)).to.deep.equal(moduleStatus({ module: 'a' }));
      expect((await cli.run([...server, 'rpc', 'call', 'constructor'])).status).to.equal(4);
    });

    it('gives a token where one is asked for, and exits 5 without', async () => {
      const server = await cli.serve(
        { 'module.list': () => ({ modules: [] }) },
        { transport: 'tcp' },
      );
      const env = { DAEMON_AUTH_TOKEN: operatorToken };
      expect((await cli.run([...server, 'module', 'list'], env)).status).to.equal(0);
      expect((await cli.run([...server, 'module', 'list'])).status).to.equal(5);
    });

    it('ends quietly when nobody reads its output', async () => {
      const modules = Array.from({ length: 20_000 }, () => moduleStatus());
      const server = await cli.serve({ 'module.list': () => ({ modules }) });
      const child = cli.start([...server, 'module', 'list', '--json']);
      const result = ended(child);
      await once(child.stdout!, 'data');
      child.stdout!.destroy();
      const error: unknown = await result.catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Error);
      expect(child.exitCode ?? (await once(child, 'exit'))[0]).to.equal(0);
    });

    it('writes a large document to a pipe whole', async () => {
      const modules = Array.from({ length: 20_000 }, () => moduleStatus());
      const server = await cli.serve({ 'module.list': () => ({ modules }) });
      const { stdout } = await cli.run([...server, 'module', 'list', '--json']);
      expect(JSON.parse(stdout)).to.have.property('modules').with.length(modules.length);
    });
  });
});
