import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../config/paths.ts';
import { lockHome } from '../../daemon/home/lock.ts';
import { runDaemon } from '../../daemon/run.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

describe('a daemon that cannot start', () => {
  const folder = temporaryFolders();
  const background = process.env['SUPERBOT_BACKGROUND'];

  // Or its log would be copied into the report of these tests.
  before(() => (process.env['SUPERBOT_BACKGROUND'] = '1'));
  after(() => {
    if (background === undefined) delete process.env['SUPERBOT_BACKGROUND'];
    else process.env['SUPERBOT_BACKGROUND'] = background;
  });

  it('says every problem of the configuration and gives the home back', async () => {
    const home = folder();
    const config = join(folder(), 'config');
    mkdirSync(config);
    writeFileSync(join(config, 'daemon.yaml'), 'daemon: {autostrat: [x], ipcc: {}}');
    expect(await refusalOf({ home, config }))
      .to.include('daemon.autostrat')
      .and.to.include('daemon.ipcc');
    const paths = homePaths(home);
    expect(existsSync(paths.daemonPid)).to.equal(false);
    expect(readFileSync(paths.daemonLog, 'utf8')).to.include('superbot cannot start');
    await (await lockHome(home)).release();
  });

  it('touches nothing in a home that another one has', async () => {
    const home = folder();
    const paths = homePaths(home);
    writeFileSync(paths.daemonPid, '1\n');
    const lock = await lockHome(home);
    expect(await refusalOf({ home, config: undefined })).to.include(`pid ${process.pid}`);
    expect(readFileSync(paths.daemonPid, 'utf8')).to.equal('1\n');
    expect(existsSync(paths.daemonLog)).to.equal(false);
    await lock.release();
  });
});

async function refusalOf(options: Parameters<typeof runDaemon>[0]): Promise<string> {
  try {
    await runDaemon(options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it started');
}
