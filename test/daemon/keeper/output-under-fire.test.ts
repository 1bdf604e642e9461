import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { residentBytes } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { type KeeperHome, keeperHomes } from './keeper-home.ts';

const megabyte = 1024 * 1024;

describe('the output of a module under fire', () => {
  const homes = keeperHomes();

  /** Starts a module that prints what it is told to after `script`; returns the teller. */
  async function echoing(home: KeeperHome, script = ''): Promise<(text: string) => void> {
    const { guardian } = await home.watch();
    const path = join(home.path, 'orders');
    execFileSync('mkfifo', [path]);
    // Never blocks, whatever becomes of the module.
    const orders = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    closers.push(() => closeSync(orders));
    const echo = `${script}\nwhile read x; do echo $x; done < orders`;
    await guardian.spawn(home.shell('trading', echo, { cwd: home.path }));
    return (text) => void writeSync(orders, `${text}\n`);
  }
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  it('may be one line of 100 MB: it is stored in parts, and memory stays bounded', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const log = { maxSizeBytes: 300 * megabyte, keep: 1, overflow: 'block' } as const;
    const script = "head -c 100000000 /dev/zero | tr '\\0' x; echo end";
    const spec = home.shell('trading', script, { log });
    await guardian.spawn(spec);
    let peakBytes = 0;
    const looking = setInterval(() => {
      peakBytes = Math.max(peakBytes, residentBytes(home.keeperPid()));
    }, 20);
    await exitOf(spec.launch).finally(() => clearInterval(looking));
    expect(peakBytes).to.be.within(1, 150 * megabyte);

    await until('the last part is stored', () => lastBytes(home).endsWith('end"}\n'));
    const stored = home.stored('trading');
    expect(stored.filter(({ cont }) => cont === undefined)).to.have.length(1);
    expect(stored.every(({ seq }, i) => seq === i + 1)).to.equal(true);
    expect(stored.reduce((sum, { text }) => sum + text.length, 0)).to.equal(100_000_003);
  });

  it('goes on in a new folder when somebody removed the folder of the logs', async () => {
    const home = homes.create();
    const tell = await echoing(home);
    tell('one');
    await home.line('trading', 'one');
    rmSync(home.logsDir, { recursive: true });
    for (const text of ['two', 'three', 'four']) tell(text);
    await home.line('trading', 'four');
    expect(home.stored('trading').map(({ seq, text }) => [seq, text])).to.deep.equal([
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ]);
    expect(statSync(home.logsDir).mode & 0o777).to.equal(0o700);
  });

  it('is not held up by a pipe that somebody put in the place of its file', async () => {
    const home = homes.create();
    const path = join(home.logsDir, 'trading.log');
    execFileSync('mkfifo', [path]);
    // More than a pipe holds.
    const many = 10_000;
    const tell = await echoing(home, `yes ${'x'.repeat(100)} | head -n ${many}`);
    const { guardian } = await home.watch();
    await until('all is taken', async () => {
      return (await guardian.follow([]))['trading'] === many;
    });
    rmSync(path);
    tell('after');
    await home.line('trading', 'after');
    expect(home.texts('trading')).to.deep.equal([
      `${many} lines dropped: trading.log is not a regular file`,
      'after',
    ]);
  });
});

function lastBytes(home: KeeperHome): string {
  const path = join(home.logsDir, 'trading.log');
  return readFileSync(path).subarray(-20).toString();
}
