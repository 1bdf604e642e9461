import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths, type HomePaths } from '../../../config/paths.ts';
import { HomeWatch, lookEveryMs } from '../../../daemon/home/home-watch.ts';
import { prepareHome, writePrivateFile } from '../../../daemon/home/home.ts';
import { DaemonLog } from '../../../daemon/logs/daemon-log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('the watch over the home', () => {
  const folder = temporaryFolders();
  let clock: FakeClock;
  let paths: HomePaths;
  let elsewhere: string;
  let watch: HomeWatch;
  let daemonLog: DaemonLog;
  let told: string[];
  let repairs: (() => boolean)[];

  beforeEach(async () => {
    const parent = folder();
    paths = homePaths(join(parent, 'home'));
    elsewhere = join(parent, 'elsewhere');
    prepareHome(paths);
    for (const path of small()) writePrivateFile(path, `text of ${path}`);
    clock = new FakeClock();
    told = [];
    repairs = [];
    daemonLog = new DaemonLog({
      path: join(parent, 'daemon.log'),
      rule: { maxSizeBytes: 1_000_000, keep: 1 },
      level: 'info',
      onLine: (line) => told.push((JSON.parse(line) as { text: string }).text),
    });
    watch = new HomeWatch({
      system: clock,
      paths,
      repairSocket: () => new Promise((resolve) => resolve(repairs.shift()?.() ?? false)),
      log: daemonLog.log,
    });
    await watch.start();
  });

  afterEach(async () => {
    await watch.stop();
    daemonLog.close();
  });

  function small(): string[] {
    return [paths.endpoint, paths.token, paths.observerToken, paths.daemonPid];
  }

  async function look(): Promise<void> {
    await clock.advance(lookEveryMs);
    await clock.advance(0);
  }

  it('writes endpoint, tokens and pid file again as they were', async () => {
    for (const path of small()) rmSync(path);
    await look();
    for (const path of small()) expect(readFileSync(path, 'utf8')).to.equal(`text of ${path}`);
    expect(told).to.deep.equal(small().map((path) => `"${path}" was removed: written again`));
  });

  it('looks again and again, and says what it did', async () => {
    repairs = [() => false, () => true, () => false, () => true];
    for (let turn = 0; turn < 5; turn++) await look();
    expect(repairs).to.deep.equal([]);
    expect(told).to.deep.equal(Array(2).fill('the RPC socket was removed: bound again'));
  });

  it('tells the same trouble once, and goes on trying', async () => {
    const fail = () => {
      throw new Error('a file is in the way');
    };
    repairs = [fail, fail, fail, () => true, fail];
    for (let turn = 0; turn < 5; turn++) await look();
    expect(told).to.deep.equal([
      'cannot restore what was removed: a file is in the way',
      'the RPC socket was removed: bound again',
      'cannot restore what was removed: a file is in the way',
    ]);
  });

  it('raises one alert when the home is moved away, and is content when it is back', async () => {
    renameSync(paths.root, elsewhere);
    await look();
    await look();
    expect(told).to.have.length(1);
    expect(told[0]).to.include('ALERT').and.to.include('SIGTERM').and.to.include('gone from');
    expect(existsSync(paths.root)).to.equal(false);
    expect(() => watch.requireInPlace()).to.throw('not at');
    renameSync(elsewhere, paths.root);
    await look();
    expect(told[1]).to.equal('the home is back in its place');
    expect(() => watch.requireInPlace()).not.to.throw();
  });

  it('touches nothing in another folder that has taken the place', async () => {
    renameSync(paths.root, elsewhere);
    mkdirSync(paths.root, { mode: 0o700 });
    writePrivateFile(paths.token, 'of somebody else');
    mkdirSync(paths.runDir);
    repairs = [() => expect.fail('repaired in a foreign home')];
    await look();
    watch.clean({ keepModules: false });
    expect(readdirSync(paths.root).sort()).to.deep.equal(['run', 'token']);
    expect(() => watch.requireInPlace()).to.throw('not at');
    expect(told).to.have.length(1);
  });

  it('looks no more once it is stopped', async () => {
    await watch.stop();
    rmSync(paths.token);
    await look();
    expect(existsSync(paths.token)).to.equal(false);
  });
});
