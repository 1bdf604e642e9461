import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { programs, runNode } from '../support/programs.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('a file in the place of a folder of the home', () => {
  const homes = temporaryHomes();

  it('where the logs were is named to who asks for them; a keeper that dies is replaced all the same', async () => {
    const home = homes.create({
      modules: {
        sleeper,
        clock: { type: 'thread', module: './clock.mjs', ready: { after: '0s' } },
      },
      autostart: ['sleeper'],
    });
    home.file('clock.mjs', 'setInterval(() => console.log("tick"), 1000);');
    const daemon = await home.foreground().ready();
    const { pid } = await home.reaches('sleeper', 'running');
    const { logsDir } = home.paths;
    replaceByFile(logsDir);
    const refusal = `error: cannot read the logs: "${logsDir}" is not a folder — move away what is in its place\n`;
    expect((await home.cli('logs')).stderr).to.equal(refusal);

    const keeper = readKeeperIdentity(home.path)?.pid ?? 0;
    process.kill(keeper, 'SIGKILL');
    await until('another keeper serves', () => {
      const now = readKeeperIdentity(home.path)?.pid;
      return now !== undefined && now !== keeper;
    });
    expect((await home.cli('start', 'clock')).status).to.equal(0);
    expect(await home.module('sleeper')).to.include({ state: 'running', pid });
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    expect((await home.cli('logs')).stderr).to.include(refusal);
  });

  it('where the journal was is named to who asks for it, and modules go on', async () => {
    const home = homes.create(config);
    await home.start();
    await home.reaches('sleeper', 'running');
    const { journalDir } = home.paths;
    replaceByFile(journalDir);
    const { stderr } = await home.cli('module', 'explain', 'sleeper');
    expect(stderr).to.include(`cannot read the journal: "${journalDir}" is not a folder — move`);
    expect((await home.cli('restart', 'sleeper')).status).to.equal(0);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
  });
});

/** Whoever writes into the folder makes it anew, perhaps before the file is there. */
function replaceByFile(folder: string): void {
  for (let isReplaced = false; !isReplaced;) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    try {
      writeFileSync(folder, 'mine', { flag: 'wx' });
      isReplaced = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

describe('a folder in the place of a file of the home', () => {
  const homes = temporaryHomes();

  it('keeps nobody from the daemon, and the daemon not from its end', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    const { endpoint, token, daemonPid } = home.paths;
    for (const path of [endpoint, token, daemonPid]) {
      rmSync(path);
      mkdirSync(path);
    }
    expect(await home.cli('stop', 'sleeper')).to.include({ status: 0, stderr: '' });
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
    expect(await daemon.stdout).to.match(/cannot remove .*endpoint/);
    expect(home.processes()).to.deep.equal([]);
  });

  it('where the state was is named with what is to be done', async () => {
    const home = homes.create(config);
    mkdirSync(home.paths.state, { recursive: true, mode: 0o700 });
    const { status, stderr } = await home.cli('daemon', 'start');
    expect(status).to.equal(1);
    expect(stderr).to.equal(
      `error: cannot use the home "${home.path}": "${home.paths.state}" is not a file — move away what is in its place\n`,
    );
  });
});

describe('a working folder that was removed', () => {
  const homes = temporaryHomes();

  it('keeps no daemon from its start', async () => {
    const home = homes.create(config);
    const { status, stderr } = await inRemovedFolder(home, 'daemon', 'start');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    await home.reaches('sleeper', 'running');
  });

  it('is named when a path is relative to it', async () => {
    const home = homes.create(config);
    home.env['SUPERBOT_CONFIG'] = 'config';
    const { status, stderr } = await inRemovedFolder(home, 'daemon', 'start');
    expect(status).to.equal(1);
    expect(stderr).to.match(/^error: cannot find "config": .* was removed — change to another/);
  });
});

/** By a shell that removes the folder under itself. */
function inRemovedFolder(home: TestHome, ...args: readonly string[]) {
  const cwd = join(dirname(home.path), 'gone');
  mkdirSync(cwd);
  const script = `
    const { spawnSync } = require('node:child_process');
    require('node:fs').rmdirSync(process.cwd());
    const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
    process.exit(status);`;
  const program = home.file('in-removed-folder.cjs', script);
  return runNode(program, [programs.cli, ...args], { env: home.env, cwd });
}
