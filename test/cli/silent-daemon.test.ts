import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { CliError } from '../../cli/failure.ts';
import { awaitSilentDaemon } from '../../cli/silent-daemon.ts';
import { lockHome, type Lock } from '../../daemon/home/lock.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const hour = { timeoutMs: 3_600_000, signal };
const nobody = () => Promise.resolve(null);

describe('a daemon that has the home and does not answer', () => {
  const folder = temporaryFolders();
  let home: string;
  let lock: Lock;

  beforeEach(async function () {
    // The lock tells who has it on Linux only.
    if (process.platform !== 'linux') this.skip();
    home = folder();
    lock = await lockHome(home);
  });
  afterEach(() => lock.release());

  async function refusal(waiting: Promise<unknown>): Promise<CliError> {
    const outcome = await waiting.catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(CliError);
    return outcome as CliError;
  }

  it('is waited for while it starts', async () => {
    let looks = 0;
    const look = () => Promise.resolve(++looks === 3 ? 'answer' : null);
    const options = { ...hour, restoredWithinMs: 0 };
    expect(await awaitSilentDaemon({ home, pid: null }, look, options)).to.equal('answer');
  });

  it('is named soon, with a way out, when it serves and cannot be reached', async () => {
    lock.phase = 'serving';
    const options = { ...hour, restoredWithinMs: 0 };
    let looks = 0;
    const look = async () => {
      if (++looks > 3) throw new Error('still waiting');
      return nobody();
    };
    const { message, exitStatus } = await refusal(
      awaitSilentDaemon({ home, pid: null }, look, options),
    );
    expect(exitStatus).to.equal(6);
    expect(message)
      .to.include(`pid ${process.pid}`)
      .and.to.include('socket or endpoint file was removed')
      .and.to.include(`kill ${process.pid}`);
  });

  it('is named when it neither answers nor ends in time', async () => {
    const options = { timeoutMs: 0, signal };
    const { message } = await refusal(awaitSilentDaemon({ home, pid: null }, nobody, options));
    expect(message).to.include('still starts or ends, or it hangs');
  });

  it('is gone when it gives the home back', async () => {
    const waiting = awaitSilentDaemon({ home, pid: null }, nobody, hour);
    await lock.release();
    expect(await waiting).to.equal(null);
  });
});
