import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { gapsIn, type KeeperHome, keeperHomes, type WatchedGuardian } from './keeper-home.ts';

/** Numbered lines every 2 ms until `last`. */
const counter = (last: number): string =>
  `let n = 0; const t = setInterval(() => { console.log('n' + ++n); if (n === ${last}) clearInterval(t); }, 2);`;

describe('a keeper that dies', () => {
  const homes = keeperHomes();

  it('leaves its modules running and logging: no line lost, none twice, numbers go on', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { guardian } = watched;
    const last = 1200;
    const { identity, launch } = await guardian.spawn(home.node('trading', counter(last)));
    for (const mark of ['n100', 'n500', 'n900']) {
      await home.line('trading', mark);
      await killKeeper(home, watched);
    }
    await home.line('trading', `n${last}`);
    const stored = home.stored('trading', 3);
    const numbers = stored.map(({ text }) => Number(text.slice(1)));
    const seqs = stored.map(({ seq }) => seq);
    expect(guardian.children.map((child) => child.identity.pid)).to.deep.equal([identity.pid]);
    expect(guardian.children[0]).to.deep.include({ launch, exit: null });
    expect(ascends(numbers), 'none twice, in order').to.equal(true);
    expect(ascends(seqs)).to.equal(true);
    // The read that was in flight at each of three deaths, of as many lines as a busy machine leaves.
    expect(gapsIn(numbers)).to.be.at.most(3);
  });

  it('leaves a module that writes much waiting, not dead', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const spec = home.shell('trading', 'seq 1 100000; echo done; exec sleep 60');
    const { identity } = await watched.guardian.spawn(spec);
    await home.line('trading', '1000');
    await killKeeper(home, watched);
    await home.line('trading', 'done');
    expect(isRunning(identity.pid)).to.equal(true);
    const numbers = home.texts('trading', 1).map(Number).filter(Number.isInteger);
    // One read takes 64 KB, some 10,000 of these lines, one of them perhaps torn.
    expect(100_000 - numbers.length).to.be.at.most(20_000);
  });

  it('is replaced; the exit of a module that ended meanwhile is custody_lost', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { launch, identity } = await watched.guardian.spawn(
      home.node('trading', 'setInterval(() => {}, 1000); console.log("up")'),
    );
    await home.line('trading', 'up');
    const keeper = home.keeperPid();
    process.kill(keeper, 'SIGSTOP');
    process.kill(identity.pid, 'SIGKILL');
    process.kill(keeper, 'SIGKILL');
    await until('a new keeper serves', () => watched.replacements.length > 0);
    const child = await until('its end is known', () =>
      watched.guardian.children.find(({ exit }) => exit !== null),
    );
    expect(child.launch).to.equal(launch);
    expect(child.exit).to.include({ code: null, signal: null, reason: 'custody_lost' });
  });

  it('is replaced; the end of an adopted module is noticed', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const code = `process.on('SIGUSR2', () => { console.log('going'); process.exit(3); }); setInterval(() => {}, 1000); console.log('up');`;
    const { launch, identity } = await watched.guardian.spawn(home.node('trading', code));
    await home.line('trading', 'up');
    await killKeeper(home, watched);
    process.kill(identity.pid, 'SIGUSR2');
    const exit = await watched.exitOf(launch);
    expect(exit).to.include({ code: null, signal: null, reason: 'custody_lost' });
    expect(exit.output).to.deep.equal(['going']);
  });

  it('still ends the tree of an adopted module, and launches the next', async () => {
    const home = homes.create();
    const watched = await home.watch();
    const { guardian } = watched;
    const { launch } = await guardian.spawn(home.shell('trading', 'sleep 60 & echo up; wait'));
    await home.line('trading', 'up');
    await killKeeper(home, watched);
    const rule = { signal: 'SIGTERM', timeoutMs: 5000, scope: 'tree' } as const;
    expect(await guardian.stopTree('trading', launch, rule)).to.deep.equal([]);
    expect((await watched.exitOf(launch)).reason).to.equal('custody_lost');
    await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(home.processes()).to.have.length(2);
  });

  it('is replaced when it hangs, and its modules write on', async () => {
    const home = homes.create();
    const first = await home.watch();
    const { identity } = await first.guardian.spawn(home.node('trading', counter(1_000_000)));
    await home.line('trading', 'n10');
    const deaf = home.keeperPid();
    process.kill(deaf, 'SIGSTOP');
    await first.guardian.stop();
    const second = await home.watch();
    expect(isRunning(deaf)).to.equal(false);
    expect(home.keeperPid()).not.to.equal(deaf);
    expect(second.guardian.children.map((child) => child.identity.pid)).to.deep.equal([
      identity.pid,
    ]);
    const mark = home.stored('trading', 1).length;
    await until('it logs on', () => home.stored('trading', 1).length > mark + 5);
  });

  it('in the middle of a hundred spawns: each runs exactly once', async () => {
    const home = homes.create();
    const { guardian, replacements } = await home.watch();
    const names = Array.from({ length: 100 }, (_, i) => `m${i}`);
    const spawning = Promise.all(
      names.map((name) => guardian.spawn(home.shell(name, 'exec sleep 60'))),
    );
    for (let deaths = 0; deaths < 3; deaths++) {
      const before = replacements.length;
      const mark = home.processes().length + 15;
      await until('some more were spawned', () => home.processes().length >= Math.min(mark, 101));
      process.kill(home.keeperPid(), 'SIGKILL');
      await until('a new keeper serves', () => replacements.length > before);
    }
    const reports = await spawning;
    const keeper = home.keeperPid();
    await until('one process for each name', () => home.processes().length === names.length + 1);
    const running = home.processes().filter((pid) => pid !== keeper);
    const reported = reports.map(({ identity }) => identity.pid);
    expect(running.sort()).to.deep.equal(reported.sort());
  });
});

async function killKeeper(home: KeeperHome, { replacements }: WatchedGuardian): Promise<void> {
  const before = replacements.length;
  process.kill(home.keeperPid(), 'SIGKILL');
  await until('a new keeper serves', () => replacements.length > before);
}

function ascends(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
}
