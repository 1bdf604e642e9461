import { expect } from 'chai';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { KeeperError } from '../../../daemon/keeper/keeper-error.ts';
import { isAlive } from '../../../daemon/processes.ts';
import { isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { keeperHomes } from './keeper-home.ts';

describe('a launch by the keeper', () => {
  const homes = keeperHomes();

  const ends: [how: string, script: string, code: number | null, signal: string | null][] = [
    ['its exit code', 'exit 7', 7, null],
    ['success', 'exit 0', 0, null],
    ['the signal that ended it', 'kill -SEGV $$', null, 'SIGSEGV'],
  ];
  for (const [how, script, code, signal] of ends) {
    it(`reports ${how}`, async () => {
      const home = homes.create();
      const { guardian, exitOf } = await home.watch();
      const { launch } = await guardian.spawn(home.shell('trading', script));
      expect(await exitOf(launch)).to.include({ code, signal, reason: null });
    });
  }

  it('stores both streams line by line, in order and numbered, with a last line that has no newline', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const script = 'echo one; echo two; echo oops >&2; printf "no newline"';
    const { launch } = await guardian.spawn(home.shell('trading', script));
    const exit = await exitOf(launch);
    await home.line('trading', 'no newline');
    const stored = home.stored('trading');
    expect(stored.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4]);
    const of = (stream: string): string[] =>
      stored.filter((line) => line.stream === stream).map(({ text }) => text);
    expect(of('stdout')).to.deep.equal(['one', 'two', 'no newline']);
    expect(of('stderr')).to.deep.equal(['oops']);
    expect(exit.seq).to.equal(4);
  });

  it('hands back the last 20 lines with the exit', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const { launch } = await guardian.spawn(home.shell('trading', 'seq 1 50; exit 1'));
    const expected = Array.from({ length: 20 }, (_, i) => String(31 + i));
    expect((await exitOf(launch)).output).to.deep.equal(expected);
  });

  it('has only its own output in the exit report of a second launch', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const first = await guardian.spawn(home.shell('trading', 'echo first'));
    await exitOf(first.launch);
    const second = await guardian.spawn(home.shell('trading', 'echo second'));
    const exit = await exitOf(second.launch);
    expect(exit.output).to.deep.equal(['second']);
    expect(exit.seq).to.equal(2);
  });

  it('numbers on above the floor that the daemon remembers', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const spec = home.shell('trading', 'echo x', { seqFloor: 700 });
    await guardian.spawn(spec);
    expect((await exitOf(spec.launch)).seq).to.equal(701);
  });

  it('is refused while another launch of the module lives', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const { identity } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    const error = await rejection(guardian.spawn(home.shell('trading', 'exec sleep 60')));
    expect(error).to.be.instanceOf(KeeperError).with.property('code', 'already_running');
    expect(isAlive(identity)).to.equal(true);
  });

  it('lets one of many that race for the same name win', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const specs = Array.from({ length: 8 }, () => home.shell('trading', 'exec sleep 60'));
    const results = await Promise.allSettled(specs.map((spec) => guardian.spawn(spec)));
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    const own = home.processes().filter((pid) => pid !== home.keeperPid());
    expect(own).to.have.length(1);
  });

  it('says ENOENT for a program that is not there, and EACCES for one that may not run', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const plain = join(home.path, 'plain');
    writeFileSync(plain, 'no program');
    const attempts = [
      ['/nowhere/program', 'ENOENT'],
      [plain, 'EACCES'],
    ] as const;
    for (const [program, errno] of attempts) {
      const error = await rejection(guardian.spawn(home.shell('trading', '', { argv: [program] })));
      expect(error).to.include({ code: 'spawn_failed', errno });
      expect(existsSync(join(home.runDir, 'trading.json'))).to.equal(false);
    }
    const { launch } = await guardian.spawn(home.shell('trading', 'exec sleep 60'));
    expect(launch, 'a failed launch leaves the name free').to.be.a('string');
  });

  it('says spawn_failed for an environment that the system refuses', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const spec = home.shell('trading', 'exit 0');
    const env = { ...spec.env, LONG: 'x'.repeat(1024 * 1024) };
    const error = await rejection(guardian.spawn({ ...spec, env }));
    expect(error).to.include({ code: 'spawn_failed', errno: 'E2BIG' });
  });

  it('gets its pipes anew when they were removed, and its lines are numbered on', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    for (const word of ['one', 'two', 'three']) {
      const { launch } = await guardian.spawn(home.shell('trading', `echo ${word}`));
      await exitOf(launch);
      await home.line('trading', word);
      rmSync(join(home.runDir, 'trading.stdout'));
    }
    expect(home.stored('trading').map(({ seq, text }) => `${seq} ${text}`)).to.deep.equal([
      '1 one',
      '2 two',
      '3 three',
    ]);
  });

  it('is recorded, without its environment, when the spawn is answered', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const spec = home.shell('trading', 'exec sleep 60');
    const env = { ...spec.env, API_SECRET: 'hunter2' };
    const { identity } = await guardian.spawn({ ...spec, env });
    expect(home.recordOf('trading')).to.deep.include({ launch: spec.launch, identity });
    expect(JSON.stringify(home.recordOf('trading'))).not.to.include('hunter2');
    expect(isAlive(identity)).to.equal(true);
  });

  it('keeps the exit in the record until the daemon says that it has stored it', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const { launch } = await guardian.spawn(home.shell('trading', 'exit 3'));
    await exitOf(launch);
    expect(home.recordOf('trading').exit).to.include({ code: 3 });
    await guardian.forget('trading', 'another launch');
    expect(home.recordOf('trading').exit).to.include({ code: 3 });
    await guardian.forget('trading', launch);
    expect(existsSync(join(home.runDir, 'trading.json'))).to.equal(false);
  });

  it('gives the child an empty stdin, umask 022, a session of its own and its working directory', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code =
      'process.stdin.on("end", () => console.log(process.umask().toString(8), process.cwd())).resume()';
    const spec = home.node('trading', code, { cwd: home.path });
    const { identity } = await guardian.spawn(spec);
    const { output } = await exitOf(spec.launch);
    expect(output).to.deep.equal([`22 ${home.path}`]);
    expect(isAlive(identity), 'a zombie is not alive').to.equal(false);
  });

  it('leaves no zombie behind', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const { launch, identity } = await guardian.spawn(home.shell('trading', 'exit 0'));
    await exitOf(launch);
    await until('it is reaped', () => !isRunning(identity.pid));
  });

  it('may be over before its spawn is answered', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    for (let round = 0; round < 20; round++) {
      const { launch } = await guardian.spawn(home.shell('trading', `exit ${round}`));
      expect((await exitOf(launch)).code).to.equal(round);
    }
  });
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
