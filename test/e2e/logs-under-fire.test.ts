import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { lastSeqOf } from '../../daemon/last-seq.ts';
import type { LogLine } from '../../rpc/shapes.ts';
import { residentBytes } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const megabyte = 1024 * 1024;
const exec = { type: 'exec', ready: { after: '0s' } };

describe('the logs under fire', () => {
  const homes = temporaryHomes();

  async function told(home: TestHome, module: string): Promise<LogLine[]> {
    const { status, stdout } = await home.cli('logs', '-m', module, '-n', '10000', '--json');
    expect(status).to.equal(0);
    return (JSON.parse(stdout) as { lines: LogLine[] }).lines;
  }

  it('tell of bytes that are no text and of a last line without its newline', async () => {
    const script = "printf 'a\\377b\\000c\\n\\033[31mred\\007\\nlast words'";
    const speaker = { ...exec, command: ['sh', '-c', script], restart: { policy: 'never' } };
    const home = homes.create({ modules: { speaker }, autostart: ['speaker'] });
    await home.start();
    await home.reaches('speaker', 'stopped', 'finished');
    await until('all is stored', () => home.storedLines('speaker').length === 3);
    const texts = (await told(home, 'speaker')).map(({ text }) => text);
    expect(texts).to.deep.equal(['a\ufffdb\0c', '\x1b[31mred\x07', 'last words']);
  });

  it('go on, and are told, after somebody removed the file and then the folder', async () => {
    const script = 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.02; done';
    const counter = { ...exec, command: ['sh', '-c', script] };
    const home = homes.create({ modules: { counter }, autostart: ['counter'] });
    await home.start();
    const remove: [what: string, path: string][] = [
      ['file', join(home.paths.logsDir, 'counter.log')],
      ['folder', home.paths.logsDir],
    ];
    await until('some lines are there', async () => (await told(home, 'counter')).length > 5);
    for (const [what, path] of remove) {
      const last = (await told(home, 'counter')).at(-1)?.seq ?? 0;
      rmSync(path, { recursive: true, maxRetries: 10 });
      const lines = await until(`new lines are told after the ${what} has gone`, async () => {
        const after = await told(home, 'counter');
        return (after[0]?.seq ?? 0) > last && after.length > 5 ? after : null;
      });
      const first = lines[0]?.seq ?? 0;
      expect(lines.map(({ text }) => text)).to.deep.equal(lines.map((_, i) => `line ${first + i}`));
    }
  });

  it('wait for no follower that reads nothing: it is told how many lines it missed', async () => {
    const count = 15_000;
    const script = `yes ${'x'.repeat(4000)} | head -n ${count}; exec sleep 1000`;
    const burst = { ...exec, command: ['sh', '-c', script] };
    const home = homes.create({ modules: { burst }, logs: { keep: 20 } });
    const daemon = await home.start();
    const follower = connect(home.paths.socket);
    const seen = await following(follower, 'burst');
    follower.pause();

    expect((await home.cli('start', 'burst')).status).to.equal(0);
    const client = await home.rpc();
    await until('all is stored while the follower sleeps', async () => {
      const { lines } = await client.call('logs.tail', { module: 'burst', lines: 1 });
      return lines[0]?.seq === count;
    });
    for (const pid of home.processes()) {
      expect(residentBytes(pid), `pid ${pid}, daemon ${daemon}`).to.be.below(150 * megabyte);
    }
    follower.resume();
    await until('each line is seen or counted', () => seen.lines + seen.lost === count);
    expect(seen.lost).to.be.above(count / 2);
    follower.destroy();
  });

  it('wait for no daemon that hangs: followers are told how many lines they missed', async () => {
    const count = 25_000;
    const script = `while [ ! -e go ]; do sleep 0.02; done
      yes ${'x'.repeat(4000)} | head -n ${count}; exec sleep 1000`;
    const burst = { ...exec, command: ['sh', '-c', script], cwd: '.' };
    const home = homes.create({ modules: { burst }, autostart: ['burst'], logs: { keep: 20 } });
    const daemon = await home.start();
    await home.reaches('burst', 'running');
    const follower = connect(home.paths.socket);
    const seen = await following(follower, 'burst');

    process.kill(daemon, 'SIGSTOP');
    home.file('go', '');
    const log = join(home.paths.logsDir, 'burst.log');
    await until('all is stored while the daemon hangs', () => lastSeqOf(log) === count);
    for (const pid of home.processes()) {
      expect(residentBytes(pid), `pid ${pid}, daemon ${daemon}`).to.be.below(150 * megabyte);
    }
    process.kill(daemon, 'SIGCONT');
    await until('each line is seen or counted', () => seen.lines + seen.lost === count);
    expect(seen.lost).to.be.above(count / 2);
    follower.destroy();
  });
});

/** Follows a module from a bare connection, which can be made to stop reading. */
async function following(socket: Socket, module: string): Promise<{ lines: number; lost: number }> {
  const seen = { lines: 0, lost: 0 };
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const { method, params } = JSON.parse(message) as Notification;
      if (method === 'logs.line') seen.lines += 1;
      if (method === 'logs.lost') seen.lost += params.count;
    }
  });
  const params = { module, lines: 0 };
  socket.write(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'logs.stream', params }) + '\n');
  await once(socket, 'data');
  return seen;
}

interface Notification {
  readonly method?: string;
  readonly params: { readonly count: number };
}
