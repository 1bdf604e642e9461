import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync } from 'node:fs';
import type { RpcClient } from '../../rpc/client.ts';
import type { LogLine } from '../../rpc/shapes.ts';
import { startNode, programs } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const burstLines = 3000;
/** Counts for ever, some fifty lines a second. */
const counter = {
  type: 'exec',
  command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.02; done'],
  ready: { after: '0s' },
};
/** Counts fast, with pauses, since the keeper rotates between two writes of it; then stays. */
const burst = {
  ...counter,
  command: [
    'sh',
    '-c',
    `i=0
     while [ $i -lt ${burstLines} ]; do
       i=$((i+1)); echo "line $i"
       if [ $((i % 100)) -eq 0 ]; then sleep 0.01; fi
     done
     exec sleep 1000`,
  ],
};
const speaker = {
  ...counter,
  command: [
    'sh',
    '-c',
    `echo '{"level":30,"msg":"all is well","speed":5}'
     echo '{"level":50,"msg":"all is lost"}' >&2
     echo plain words
     exec sleep 1000`,
  ],
};

describe('the logs', () => {
  const homes = temporaryHomes();

  it('are told by module, its own lines alone, by level and count, from a running daemon and from the files (rows 66 and 80)', async () => {
    const home = homes.create({ modules: { speaker }, autostart: ['speaker'] });
    await home.start();
    await until('it has spoken', () => home.storedLines('speaker').length === 3);
    const texts = async (...args: string[]): Promise<string[]> => {
      const { status, stdout } = await home.cli('logs', '--json', ...args);
      expect(status).to.equal(0);
      return (JSON.parse(stdout) as { lines: LogLine[] }).lines.map(({ text }) => text);
    };
    const check = async (): Promise<void> => {
      const all = await texts('-m', 'speaker');
      expect(all).to.have.members(['all is well', 'all is lost', 'plain words']);
      expect(await texts()).to.include.members([...all, 'system ready']);
      expect(await texts('-m', 'speaker', '--level', 'error')).to.deep.equal(['all is lost']);
      expect(await texts('-m', 'speaker', '-n', '1')).to.have.length(1);
      const own = await texts('-m', 'daemon');
      expect(own).to.include('system ready').and.not.include.members(['plain words']);
      expect(await texts('-m', 'daemon', '--level', 'fatal')).to.deep.equal([]);
      expect((await home.cli('logs', '-m', 'nosuch')).status).to.equal(4);
    };
    await check();
    const [line] = home.storedLines('speaker').filter(({ level }) => level === 'info');
    expect(line?.fields).to.deep.equal({ speed: 5 });

    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await check();
    expect((await home.cli('logs')).stderr).to.include('the daemon is not running');
  });

  it('lose and double no line when they rotate while somebody follows', async () => {
    const home = homes.create({ modules: { burst }, logs: { max_size: '16K', keep: 1000 } });
    await home.start();
    const { lines, lost, whenSeen } = await follow(await home.rpc(), 'burst', { lines: 0 });
    expect((await home.cli('start', 'burst')).status).to.equal(0);
    await whenSeen(`line ${burstLines}`);
    const numbers = lines.map(({ seq }) => seq);
    expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.length + lost()).to.equal(burstLines);

    // A line is on its way to the follower while it is being written.
    await until('all is stored', () => home.storedLines('burst').length >= burstLines);
    const stored = home.storedLines('burst').map(({ text }) => text);
    expect(stored).to.deep.equal(numbered(burstLines));
    expect(readdirSync(home.paths.logsDir).filter((name) => name.startsWith('burst.log.'))).not.to
      .be.empty;
  });

  it('go on where a follower left off when the daemon was killed', async () => {
    const home = homes.create({ modules: { counter }, autostart: ['counter'] });
    const pid = await home.start();
    const before = await follow(await home.rpc(), 'counter', { lines: 10_000 });
    await before.whenSeen('line 10');
    process.kill(pid, 'SIGKILL');
    await before.closed;
    const last = before.lines.at(-1)?.seq ?? 0;
    await until('it counted on without a daemon', () =>
      home.storedLines('counter').some(({ seq }) => seq > last + 10),
    );

    await home.start();
    const after = await follow(await home.rpc(), 'counter', { from: last });
    await after.whenSeen(`line ${last + 30}`);
    const texts = [...before.lines, ...after.lines].map(({ text }) => text);
    expect(texts).to.deep.equal(numbered(texts.length));
    expect([before.lost(), after.lost()]).to.deep.equal([0, 0]);
  });

  it('are followed by the command line until it is interrupted (row 80)', async () => {
    const home = homes.create({ modules: { counter }, autostart: ['counter'] });
    await home.start();
    // From its first line on, however long it takes to start.
    const args = ['logs', '-f', '-m', 'counter', '-n', '10000', '--json'];
    const follower = startNode(programs.cli, args, { env: home.env });
    let shown = '';
    const enough = new Promise<void>((resolve) =>
      follower.child.stdout?.on('data', (chunk: Buffer) => {
        shown += chunk.toString();
        if (shown.includes('"line 20"')) resolve();
      }),
    );
    await enough;
    follower.child.kill('SIGINT');
    expect((await follower.ended).status).to.equal(130);
    const texts = shown
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => (JSON.parse(line) as LogLine).text);
    expect(texts).to.deep.equal(numbered(texts.length));
  });
});

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `line ${n + 1}`);
}

/** Collects a stream; `lost` says how many lines it was told that it missed. */
async function follow(
  client: RpcClient,
  module: string,
  start: { lines: number } | { from: number },
) {
  const lines: LogLine[] = [];
  const early: LogLine[] = [];
  let isAnswered = false;
  let lostCount = 0;
  let awaited: { text: string; resolve: () => void } | null = null;
  const take = (line: LogLine): void => {
    lines.push(line);
    if (line.text === awaited?.text) awaited.resolve();
  };
  client.onNotification((method, params) => {
    const { line, count } = params as { line: LogLine; count: number };
    if (method === 'logs.lost') lostCount += count;
    else if (isAnswered) take(line);
    else early.push(line);
  });
  const answer = await client.call('logs.stream', { module, ...start });
  for (const line of [...answer.lines, ...early]) take(line);
  isAnswered = true;
  const whenSeen = (text: string): Promise<void> =>
    new Promise((resolve) => {
      awaited = { text, resolve };
      if (lines.some((line) => line.text === text)) resolve();
    });
  return { lines, lost: () => lostCount, whenSeen, closed: client.closed };
}
