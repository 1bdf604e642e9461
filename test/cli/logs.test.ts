import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import type { Caller } from '../../rpc/caller.ts';
import type { Handlers } from '../../rpc/table.ts';
import { BundledCli, ended, untilOutput } from './bundle.ts';
import { logLine } from './statuses.ts';

describe('superbot-cli logs', () => {
  const cli = new BundledCli();

  async function serve(handlers: Partial<Handlers>): Promise<string[]> {
    return [...(await cli.serve(handlers)), 'logs'];
  }

  /** Follows through a server that answers with line 1 and then sends what `deliver` notifies. */
  async function follow(args: string[], deliver: (caller: Caller) => void) {
    const logs = await serve({
      'logs.stream': (_params, caller, call) => {
        call.afterAnswer(() => deliver(caller));
        return { subscription: 's', lines: [logLine(1)] };
      },
    });
    return cli.start([...logs, '-f', ...args]);
  }

  function notifyLine(caller: Caller, seq: number): void {
    caller.peer.notify('logs.line', { subscription: 's', line: logLine(seq) });
  }

  it('asks for what its options say', async () => {
    const asked: object[] = [];
    const logs = await serve({ 'logs.tail': (params) => (asked.push(params), { lines: [] }) });
    await cli.run(logs);
    await cli.run([...logs, '-m', 'a', '-n', '3', '--level', 'warn', '--since', '2026-11-21']);
    expect(asked).to.deep.equal([
      { lines: 50 },
      { module: 'a', level: 'warn', since: '2026-11-21T00:00:00.000Z', lines: 3 },
    ]);
  });

  it('prints lines for people, raw, or as the one document that was answered', async () => {
    const lines = [logLine(1, { text: 'a\u001b[1m' }), logLine(2, { level: null })];
    const logs = await serve({ 'logs.tail': () => ({ lines }) });
    const printed = await Promise.all([
      cli.run(logs),
      cli.run([...logs, '--raw']),
      cli.run([...logs, '--json']),
    ]);
    expect(printed.map(({ stdout }) => stdout)).to.deep.equal([
      '2026-11-21T12:00:01.000Z trading info   a\u001b[1m\n2026-11-21T12:00:02.000Z trading stdout line 2\n',
      'a\u001b[1m\nline 2\n',
      `${JSON.stringify({ lines })}\n`,
    ]);
  });

  it('follows: stored lines first, then new ones in order, until Ctrl-C', async () => {
    const child = await follow([], (caller) => {
      for (let seq = 2; seq <= 500; seq += 1) notifyLine(caller, seq);
    });
    const result = ended(child);
    await untilOutput(child.stdout!, 'line 500\n');
    child.kill('SIGINT');
    const { status, stdout } = await result;
    const seen = [...stdout.matchAll(/line (\d+)\n/g)].map(([, seq]) => Number(seq));
    expect(seen).to.deep.equal(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(status).to.equal(130);
  });

  it('follows with --json as one object a line', async () => {
    const child = await follow(['--json'], (caller) => notifyLine(caller, 2));
    const result = ended(child);
    await untilOutput(child.stdout!, 'line 2');
    child.kill('SIGINT');
    const { stdout } = await result;
    const objects = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(objects).to.deep.equal([logLine(1), logLine(2)]);
  });

  it('says how many lines were left out', async () => {
    const child = await follow([], (caller) => {
      caller.peer.notify('logs.lost', { subscription: 's', count: 37 });
    });
    const result = ended(child);
    await untilOutput(child.stderr!, '37 lines left out');
    child.kill('SIGINT');
    expect((await result).stdout).to.contain('line 1\n');
  });

  it('exits 3 when the daemon goes away while it follows', async () => {
    const child = await follow([], ({ peer }) => peer.destroy());
    const { status, stderr } = await ended(child);
    expect(status).to.equal(3);
    expect(stderr).to.contain('the daemon has gone');
  });

  it('ends quietly when its reader goes away while it follows', async () => {
    let stop: NodeJS.Timeout | undefined;
    const child = await follow([], (caller) => {
      let seq = 1;
      stop = setInterval(() => notifyLine(caller, (seq += 1)), 1);
    });
    await once(child.stdout!, 'data');
    const stderr = untilEnd(child.stderr!);
    child.stdout!.destroy();
    const [status] = (await once(child, 'exit')) as [number];
    clearInterval(stop);
    expect({ status, stderr: await stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  describe('without a daemon', () => {
    before(async () => {
      await mkdir(join(cli.home, 'logs'));
      const lines = [logLine(1), logLine(2)].map((line) => `${JSON.stringify(line)}\n`);
      await writeFile(join(cli.home, 'logs', 'trading.log'), lines.join(''));
    });

    it('reads the files of the home, says so, and exits 0', async () => {
      const { status, stdout, stderr } = await cli.run([
        '--home',
        cli.home,
        'logs',
        '-n',
        '1',
        '--raw',
      ]);
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: 'line 2\n' });
      expect(stderr).to.contain('the daemon is not running');
    });

    it('gives --json as the daemon would', async () => {
      const { stdout } = await cli.run(['--home', cli.home, 'logs', '-m', 'trading', '--json']);
      expect(JSON.parse(stdout)).to.deep.equal({ lines: [logLine(1), logLine(2)] });
    });

    it('exits 4 for a module that has no log', async () => {
      for (const name of ['nosuch', '../logs/trading', '__proto__']) {
        expect((await cli.run(['--home', cli.home, 'logs', '-m', name])).status, name).to.equal(4);
      }
    });
  });
});

async function untilEnd(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
