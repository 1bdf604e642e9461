import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ownLaunch, reasonOfRevival } from '../../daemon/own-launch.ts';

describe('how a daemon is started again', () => {
  const background = { SUPERBOT_BACKGROUND: '1', SUPERBOT_HOME: '/srv/bots', TOKEN: 'secret' };

  it('is by the same program, arguments, folder and environment', () => {
    const launch = ownLaunch(background);
    expect(launch?.argv[0]).to.equal(process.execPath);
    expect(launch?.argv.slice(1)).to.deep.equal([...process.execArgv, ...process.argv.slice(1)]);
    expect(launch?.cwd).to.equal(process.cwd());
    expect(launch?.env).to.deep.equal(background);
  });

  it('leaves out what was meant for this process alone', () => {
    const once = { SUPERBOT_NOTIFY_FD: '3', SUPERBOT_REVIVED: 'it was killed', EMPTY: undefined };
    expect(ownLaunch({ ...background, ...once })?.env).to.deep.equal(background);
  });

  it('is not at all in the foreground', () => {
    expect(ownLaunch({ SUPERBOT_HOME: '/srv/bots' })).to.equal(null);
  });

  it('is not at all under systemd, which does it itself', () => {
    expect(ownLaunch({ ...background, SUPERBOT_SYSTEMD: '1' })).to.equal(null);
  });

  it('is told to the one that is started again', () => {
    expect(reasonOfRevival({ SUPERBOT_REVIVED: 'it was killed' })).to.equal('it was killed');
    expect(reasonOfRevival(background)).to.equal(null);
  });
});
