import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'mocha';
import { isRunning } from '../../support/processes.ts';
import { keeperHomes } from './keeper-home.ts';

describe('a keeper that may open no more files', () => {
  const homes = keeperHomes();

  it('goes on, and ends a tree as soon as it may', async function () {
    if (spawnSync('prlimit', ['--version']).status !== 0) this.skip();
    const home = homes.create();
    const { guardian, exitOf, replacements } = await home.watch();
    const { launch, identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    const keeper = home.keeperPid();
    const open = readdirSync(`/proc/${keeper}/fd`).map(Number);
    limitFiles(keeper, Math.min(...gaps(open)));
    const rule = { signal: 'SIGTERM', timeoutMs: 20_000, scope: 'tree' } as const;
    const stopped = guardian.stopTree('trading', launch, rule);
    // Turns of its event loop, in which it looks in vain.
    for (let turn = 0; turn < 20; turn++) await guardian.prepare([]);
    expect(isRunning(identity.pid)).to.equal(true);
    limitFiles(keeper, 1024);
    expect(await stopped).to.deep.equal([]);
    expect(await exitOf(launch)).to.include({ signal: 'SIGTERM' });
    expect(home.keeperPid()).to.equal(keeper);
    expect(replacements).to.deep.equal([]);
  });
});

/** Descriptors that the next files would get. */
function gaps(open: readonly number[]): number[] {
  return Array.from({ length: open.length + 1 }, (_, fd) => fd).filter((fd) => !open.includes(fd));
}

/** The limit is on the number of a descriptor (getrlimit(2)); only the soft one is changed. */
function limitFiles(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
}
