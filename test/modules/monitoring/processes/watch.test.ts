import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { realClock } from '../../../../modules/api/clock.ts';
import { ProcessWatch } from '../../../../modules/monitoring/processes/watch.ts';
import type { ProcessShare } from '../../../../modules/monitoring/sample.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const spanMs = 10_000;

/** Real processes, looked at by a clock that is played: what they use is exact, however busy the machine is. */
describe('the watch over processes', function () {
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  const temporaryFolder = temporaryFolders();
  const started: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of started.splice(0)) {
      const ended = once(child, 'exit');
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
    }
  });

  /** A shell that does what it is told, line by line. */
  function shell(env: NodeJS.ProcessEnv = {}) {
    const script = 'while read -r line; do eval "$line"; echo done; done';
    const child = spawn('sh', ['-c', script], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], ...env },
    });
    started.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return {
      pid: child.pid ?? 0,
      /** Resolves with what it printed, when it is done. */
      async tell(line: string): Promise<string[]> {
        child.stdin.write(`${line}\n`);
        const printed: string[] = [];
        for (;;) {
          const next = await lines.next();
          if (next.done === true) throw new Error(`the shell has ended at: ${line}`);
          if (next.value === 'done') return printed;
          printed.push(next.value);
        }
      },
    };
  }

  /** Between two looks lie ten seconds, whatever time that took. */
  function watchOf(options: { home?: string; suspects?: string[]; folder?: string } = {}) {
    let nowMs = 0;
    const clock = { ...realClock, monotonicMs: () => nowMs };
    const watch = new ProcessWatch({ home: null, suspects: [], ...options, clock });
    const look = async () => {
      nowMs += spanMs;
      return watch.look();
    };
    const find = async (pid: number): Promise<ProcessShare> => {
      const share = (await look()).find((one) => one.pid === pid);
      if (!share) throw new Error(`there is no process ${pid}`);
      return share;
    };
    return { watch, look, find };
  }

  /** Some hundred milliseconds of work for a processor. */
  const burn = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';

  it('tells what a process used since the last look, as its own clock has it', async () => {
    const worker = shell();
    await worker.tell(burn);
    const { find } = watchOf();
    const { cpuPercent } = await find(worker.pid);
    expect(cpuPercent, 'at the first look').to.equal(null);
    const usedBefore = spentMs(await worker.tell('times')).own;
    await find(worker.pid);
    await worker.tell(burn);
    const usedMs = spentMs(await worker.tell('times')).own - usedBefore;
    const share = await find(worker.pid);
    expect(usedMs).to.be.greaterThan(50);
    expect(((share.cpuPercent ?? 0) * spanMs) / 100).to.be.closeTo(usedMs, 40);
    expect(share).to.include({ name: 'sh', module: null, isSuspect: false });
    expect(share.memoryBytes).to.be.within(100_000, 100_000_000);
  });

  it('charges a parent with children that no look has seen', async () => {
    const worker = shell();
    const { find } = watchOf();
    await find(worker.pid);
    await worker.tell(`sh -c '${burn}'`);
    const { children } = spentMs(await worker.tell('times'));
    const { cpuPercent } = await find(worker.pid);
    expect(children).to.be.greaterThan(50);
    expect(((cpuPercent ?? 0) * spanMs) / 100).to.be.closeTo(children, 40);
  });

  it('does not charge it with what looks have seen of a child, when that ends', async () => {
    const worker = shell();
    const [isThere, mayGo] = ['isThere', 'mayGo'].map((name) => join(temporaryFolder(), name));
    await worker.tell(`mkfifo ${isThere} ${mayGo}`);
    const child = `${burn}; echo > ${isThere}; read x < ${mayGo}`;
    const [pid] = await worker.tell(`sh -c '${child}' & echo $!; read x < ${isThere}`);
    const { look, find } = watchOf();
    await look();
    expect((await look()).map((share) => share.pid)).to.include(Number(pid));
    await worker.tell(`echo > ${mayGo}; wait`);
    const { children } = spentMs(await worker.tell('times'));
    const { cpuPercent } = await find(worker.pid);
    expect(children).to.be.greaterThan(50);
    expect(((cpuPercent ?? 0) * spanMs) / 100).to.be.lessThan(children / 2);
  });

  it('tells what was written to a device', async function () {
    const worker = shell();
    const file = join(temporaryFolder(), 'written');
    const { find } = watchOf();
    await find(worker.pid);
    const before = writtenBytes(worker.pid);
    await worker.tell(`dd if=/dev/zero of=${file} bs=1M count=4 conv=fsync 2>&1`);
    const bytes = writtenBytes(worker.pid) - before;
    // A file system in memory has no device, and some containers count nothing.
    if (!(bytes > 0)) return this.skip();
    const { writtenBytesPerSecond } = await find(worker.pid);
    expect(writtenBytesPerSecond).to.be.closeTo((bytes / spanMs) * 1000, 1);
  });

  it('tells of reads and writes of just those processes of which we may know', async () => {
    const { look } = watchOf();
    await look();
    for (const { pid, readBytesPerSecond } of await look()) {
      if (pid !== 1 && pid !== process.pid) continue;
      expect(readBytesPerSecond !== null, `of ${pid}`).to.equal(mayRead(`/proc/${pid}/io`));
    }
  });

  it('names the module of what it started, and the daemon and its keeper as superbot', async () => {
    const home = temporaryFolder();
    const mark = { SUPERBOT_HOME: home, SUPERBOT_LAUNCH: 'bot:12ab' };
    const [keeper, stranger] = [shell(), shell({ ...mark, SUPERBOT_HOME: '/nowhere' })];
    const [pid] = await keeper.tell(
      `SUPERBOT_HOME=${home} SUPERBOT_LAUNCH=bot:1 sh -c 'env -i /bin/sleep 1000; :' & echo $!`,
    );
    mkdirSync(join(home, 'run'));
    writeFileSync(join(home, 'run/keeper-4.identity'), `{"pid":${keeper.pid}}`);
    const { look } = watchOf({ home });
    const wanted = { [keeper.pid]: 'superbot', [stranger.pid]: null, [Number(pid)]: 'bot' };
    await until('each has its owner', async () => {
      const shares = await look();
      const child = shares.find(({ name, module }) => name === 'sleep' && module === 'bot');
      const owners = new Map(shares.map(({ pid, module }) => [pid, module]));
      const areRight = Object.entries(wanted).every(([pid, to]) => owners.get(Number(pid)) === to);
      return areRight && child !== undefined;
    });
  });

  it('knows the suspects by their names', async () => {
    const worker = shell();
    const { find } = watchOf({ suspects: ['SH'] });
    expect(await find(worker.pid)).to.include({ isSuspect: true });
  });

  it('looks once for all who ask at the same time, and not again within the same instant', async () => {
    let nowMs = 0;
    const clock = { ...realClock, monotonicMs: () => nowMs };
    const watch = new ProcessWatch({ home: null, suspects: [], clock });
    const [one, other] = await Promise.all([watch.look(), watch.look()]);
    expect(one).to.equal(other);
    nowMs += 99;
    expect(await watch.look()).to.equal(one);
    nowMs += 1;
    expect(await watch.look()).not.to.equal(one);
  });

  it('finds nothing, and fails not, where processes cannot be seen', async () => {
    const folder = temporaryFolder();
    expect(await watchOf({ folder }).look()).to.deep.equal([]);
    expect(await watchOf({ folder: join(folder, 'none') }).look()).to.deep.equal([]);
  });

  it('passes over files that hold something else', async () => {
    const folder = temporaryFolder();
    for (const [pid, stat] of Object.entries({ 7: 'garbage', 8: '', 9: '9 (x) R' })) {
      mkdirSync(join(folder, pid));
      writeFileSync(join(folder, pid, 'stat'), stat);
    }
    mkdirSync(join(folder, '10'));
    writeFileSync(join(folder, '10', 'stat'), readFileSync('/proc/self/stat', 'utf8'));
    const pids = (await watchOf({ folder }).look()).map(({ pid }) => pid);
    expect(pids).to.deep.equal([process.pid]);
  });
});

/** What `times` of the shell prints: minutes and seconds, user and system, its own and its children’s. */
function spentMs([own = '', children = '']: readonly string[]): { own: number; children: number } {
  const total = (line: string): number =>
    [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
      0,
    );
  return { own: total(own), children: total(children) };
}

/** NaN where it is not told. */
function writtenBytes(pid: number): number {
  return mayRead(`/proc/${pid}/io`)
    ? Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
    : Number.NaN;
}

function mayRead(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT') return false;
    throw error;
  }
}
