import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { lockSocketName } from '../../../config/paths.ts';
import { AlreadyRunningError, lockByFile, lockHome, type Lock } from '../../../daemon/home/lock.ts';
import { identify } from '../../../daemon/processes.ts';
import { compiledTree } from '../../support/programs.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe("the home's lock", () => {
  const folder = temporaryFolders();

  it('has one holder, whose pid the others are told', async () => {
    const home = folder();
    const lock = await lockHome(home);
    const refusal = await refusalOf(home);
    expect(refusal.pid).to.equal(process.pid);
    expect(refusal.message).to.include(`pid ${process.pid}`).and.to.include(home);
    await lock.release();
    await (await lockHome(home)).release();
  });

  it('goes to exactly one of twenty that ask in the same instant', async () => {
    const home = folder();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockHome(home)));
    const locks = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    expect(locks).to.have.length(1);
    await locks[0]?.release();
  });

  it('is the same one under another path to the home, and another one for another home', async () => {
    const home = folder();
    const alias = join(folder(), 'alias');
    symlinkSync(home, alias);
    const lock = await lockHome(home);
    await refusalOf(alias);
    await (await lockHome(folder())).release();
    await lock.release();
  });

  it('stays with the place when the home is moved away, and says so', async function () {
    // Elsewhere it is a file in the home.
    if (process.platform !== 'linux') this.skip();
    const home = join(folder(), 'home');
    const prepare = () => void mkdirSync(home, { recursive: true });
    const lock = await lockHome(home, prepare);
    renameSync(home, `${home}.moved`);
    const never = () => expect.fail('made a home in a place that is taken');
    for (const refused of [lockHome(home, never), lockHome(`${home}.moved`)]) {
      const refusal = await refused.catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(Error).and.not.instanceOf(AlreadyRunningError);
      const { message } = refusal as Error;
      expect(message).to.include('moved away').and.to.include(`kill ${process.pid}`);
    }
    await lock.release();
    await (await lockHome(home, prepare)).release();
  });

  it('covers a place whose folders have yet to be made', async () => {
    const home = join(folder(), 'not', 'yet', 'there');
    const prepare = () => void mkdirSync(home, { recursive: true });
    const outcomes = await Promise.allSettled([lockHome(home, prepare), lockHome(home, prepare)]);
    const locks = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(locks).to.have.length(1);
    await locks[0]?.release();
  });

  it('dies with its holder', async () => {
    const home = folder();
    const program = `
      const { lockHome } = await import(${JSON.stringify(join(compiledTree, 'daemon/home/lock.js'))});
      await lockHome(${JSON.stringify(home)});
      process.stdout.write('locked');
      setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect((await refusalOf(home)).pid).to.equal(holder.pid);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await lockHome(home)).release();
  });

  it('is waited for while its holder is ending: it breaks off without a word', async function () {
    if (process.platform !== 'linux') this.skip();
    const home = folder();
    const dying = createServer((socket) => {
      socket.destroy();
      asked += 1;
      if (asked === 3) dying.close();
    });
    let asked = 0;
    dying.listen(lockSocketName(home));
    await once(dying, 'listening');
    await (await lockHome(home)).release();
    expect(asked).to.equal(3);
  });

  it('is released at once beside somebody who stays connected to it', async function () {
    // Elsewhere it is a file.
    if (process.platform !== 'linux') this.skip();
    const home = folder();
    const lock = await lockHome(home);
    const { dev, ino } = statSync(home);
    const intruder = connect({ path: `\0superbot/${dev}/${ino}`, allowHalfOpen: true });
    await once(intruder, 'connect');
    await lock.release();
    intruder.destroy();
  });

  async function refusalOf(home: string): Promise<AlreadyRunningError> {
    const outcome: unknown = await lockHome(home).then(
      (lock: Lock) => lock.release(),
      (error: unknown) => error,
    );
    expect(outcome).to.be.instanceOf(AlreadyRunningError);
    return outcome as AlreadyRunningError;
  }
});

describe('the lock of platforms without abstract sockets', () => {
  const folder = temporaryFolders();

  it('has one holder, whose pid the others are told, and leaves nothing', async () => {
    const home = folder();
    const lock = lockByFile(home);
    expect(() => lockByFile(home)).to.throw(AlreadyRunningError, `pid ${process.pid}`);
    await lock.release();
    expect(readdirSync(home)).to.deep.equal([]);
  });

  const own = identify(process.pid);
  const stale: [title: string, content: string][] = [
    ['of a process that is gone', JSON.stringify({ ...own, pid: 2 ** 22 + 1 })],
    ['of another process under the same pid', JSON.stringify({ ...own, startTime: '1' })],
    ['of before the last boot', JSON.stringify({ ...own, bootId: 'another' })],
    ['that a power loss has emptied', ''],
  ];
  for (const [title, content] of stale) {
    it(`replaces one ${title}`, async () => {
      const home = folder();
      writeFileSync(join(home, 'lock'), content);
      const lock = lockByFile(home);
      expect(readdirSync(home)).to.deep.equal(['lock']);
      await lock.release();
      expect(existsSync(join(home, 'lock'))).to.equal(false);
    });
  }
});
