import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { isAlive } from '../../../daemon/processes.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { keeperHomes } from './keeper-home.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe('a disk that is full', () => {
  const mounts: string[] = [];

  // Before the hook that removes the homes.
  afterEach(() => {
    for (const path of mounts.splice(0)) execFileSync('umount', ['--lazy', path]);
  });
  const homes = keeperHomes();

  /** @returns how to fill it and how to free it again */
  function smallDisk(path: string): { fill: () => void; free: () => void } {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'tmpfs', path]);
    mounts.push(path);
    const ballast = join(path, 'ballast');
    return {
      fill: () => {
        try {
          writeFileSync(ballast, Buffer.alloc(1024 * 1024));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      },
      free: () => rmSync(ballast),
    };
  }

  it('of logs: the module runs on, lines are counted, and the gap is marked', async function () {
    if (!canMount(this)) return;
    const home = homes.create();
    const disk = smallDisk(home.logsDir);
    const { guardian, exits } = await home.watch();
    const code =
      'let n = 0; setInterval(() => { for (let i = 0; i < 20; i++) console.log("x".repeat(80), ++n); }, 5);';
    const spec = home.node('trading', code);
    await guardian.spawn(spec);
    await until('it logs', () => existsSync(join(home.logsDir, 'trading.log')));
    disk.fill();
    // What it prints in some hundred turns is much more than pipes and buffers hold.
    const before = (await guardian.follow([]))['trading'] ?? 0;
    await until('the keeper drains on', async () => {
      return ((await guardian.follow([]))['trading'] ?? 0) > before + 8000;
    });
    expect(exits.size).to.equal(0);
    disk.free();
    const gap = await home.line('trading', /^\d+ lines dropped: ENOSPC$/);
    const next = await until('it logs on', () => {
      const lines = home.stored('trading');
      return lines[lines.findIndex(({ seq }) => seq === gap.seq) + 1];
    });
    expect(gap.stream).to.equal('keeper');
    expect(next.seq, 'the count is exact').to.equal(gap.seq + Number.parseInt(gap.text, 10));
    const seqs = home.stored('trading').map(({ seq }) => seq);
    expect(seqs).to.deep.equal([...seqs].sort((a, b) => a - b));
  });

  it('of records: modules start and end, and the record is written when it can be', async function () {
    if (!canMount(this)) return;
    const home = homes.create();
    const disk = smallDisk(home.runDir);
    const { guardian, exitOf } = await home.watch();
    await guardian.prepare(['trading', 'brief']);
    disk.fill();
    const brief = await guardian.spawn(home.shell('brief', 'exit 6'));
    expect(await exitOf(brief.launch)).to.include({ code: 6 });
    const { identity, launch } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(isAlive(identity)).to.equal(true);
    expect(existsSync(join(home.runDir, 'trading.json'))).to.equal(false);
    disk.free();
    await until('the records are there', () =>
      ['trading', 'brief'].every((name) => existsSync(join(home.runDir, `${name}.json`))),
    );
    expect(home.recordOf('trading')).to.include({ launch });
    expect(home.recordOf('brief').exit).to.include({ code: 6 });
  });

  it('when the keeper starts: who it is gets written as soon as there is room', async function () {
    if (!canMount(this)) return;
    const home = homes.create();
    const disk = smallDisk(home.runDir);
    disk.fill();
    await home.watch();
    const { identity } = keeperFiles(home.path);
    expect(existsSync(identity)).to.equal(false);
    disk.free();
    await until('it is written', () => existsSync(identity));
    expect(isRunning(home.keeperPid())).to.equal(true);
  });

  it('of records, and the keeper dies: there is still only one copy', async function () {
    if (!canMount(this)) return;
    const home = homes.create();
    const disk = smallDisk(home.runDir);
    const { guardian, replacements } = await home.watch();
    await guardian.prepare(['trading']);
    disk.fill();
    const first = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('a new keeper serves', () => replacements.length === 1);
    const second = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(isAlive(first.identity)).to.equal(false);
    expect(isAlive(second.identity)).to.equal(true);
  });
});

function canMount(test: Mocha.Context): boolean {
  if (isRoot) return true;
  if (test.test) test.test.title += ' (skipped: only root can mount a small disk)';
  test.skip();
}
