import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  chooseConfigDir,
  homeDirectory,
  homePaths,
  packageRoot,
  socketPathProblem,
} from '../../config/paths.ts';
import { freshFolder } from './config-folder.ts';

describe('the home directory', () => {
  it('is --home, else SUPERBOT_HOME, else ~/.superbot', () => {
    const env = { SUPERBOT_HOME: '/from/env', HOME: '/users/me' };
    expect(homeDirectory({ home: '/from/option', env })).to.equal('/from/option');
    expect(homeDirectory({ env })).to.equal('/from/env');
    expect(homeDirectory({ env: { HOME: '/users/me' } })).to.equal('/users/me/.superbot');
    expect(homeDirectory({ env: {} })).to.equal(join(homedir(), '.superbot'));
  });

  it('is absolute, and an empty option or variable counts as not given', () => {
    expect(homeDirectory({ home: 'here', env: {} })).to.equal(join(process.cwd(), 'here'));
    expect(homeDirectory({ home: '', env: { SUPERBOT_HOME: '', HOME: '/h' } })).to.equal(
      '/h/.superbot',
    );
  });

  it('has the files and folders of the contract', () => {
    const { modulePid, moduleLog, ...paths } = homePaths('/h');
    expect(paths).to.deep.equal({
      root: '/h',
      socket: '/h/superbot.sock',
      endpoint: '/h/endpoint',
      token: '/h/token',
      observerToken: '/h/token.observer',
      daemonPid: '/h/daemon.pid',
      runDir: '/h/run',
      state: '/h/state.json',
      journalDir: '/h/journal',
      logsDir: '/h/logs',
      daemonLog: '/h/logs/daemon.log',
      dataDir: '/h/data',
    });
    expect(modulePid('trading')).to.equal('/h/trading.pid');
    expect(moduleLog('trading')).to.equal('/h/logs/trading.log');
  });
});

describe('the configuration directory', () => {
  it('is --config, else SUPERBOT_CONFIG, else that of the home, of the working directory, the shipped one', () => {
    const home = freshFolder();
    const workingDir = freshFolder();
    const env = { SUPERBOT_CONFIG: '/from/env' };
    const choose = (config?: string, variables = {}) =>
      chooseConfigDir({ config, env: variables, home, workingDir });

    expect(choose()).to.deep.equal({ dir: join(packageRoot(), 'config'), source: 'shipped' });
    mkdirSync(join(workingDir, 'config'));
    expect(choose().source).to.equal('shipped');
    writeFileSync(join(workingDir, 'config', 'daemon.yaml'), '{}');
    expect(choose()).to.deep.equal({
      dir: join(workingDir, 'config'),
      source: 'working directory',
    });
    mkdirSync(join(home, 'config'));
    expect(choose()).to.deep.equal({ dir: join(home, 'config'), source: 'home' });
    expect(choose(undefined, env)).to.deep.equal({ dir: '/from/env', source: 'SUPERBOT_CONFIG' });
    expect(choose('nearby', env)).to.deep.equal({
      dir: join(workingDir, 'nearby'),
      source: '--config',
    });
  });

  it('that is shipped lies in the package and holds daemon.yaml', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
      name: string;
    };
    expect(manifest.name).to.equal('superbot');
    expect(existsSync(join(packageRoot(), 'config', 'daemon.yaml'))).to.equal(true);
  });
});

describe('the length of a socket path', () => {
  it('is limited in bytes, by platform', () => {
    const path = (bytes: number) => '/' + 'x'.repeat(bytes - 1);
    expect(socketPathProblem(path(107), 'linux')).to.equal(null);
    expect(socketPathProblem(path(108), 'linux')).to.match(/has 108 bytes.* allows 107 — choose/);
    expect(socketPathProblem(path(103), 'darwin')).to.equal(null);
    expect(socketPathProblem(path(104), 'darwin')).to.match(/has 104 bytes.* allows 103/);
    expect(socketPathProblem('/' + 'ü'.repeat(54), 'linux')).to.match(/has 109 bytes/);
  });
});
