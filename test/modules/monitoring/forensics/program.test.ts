import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../../../../modules/monitoring/forensics/program.ts';
import { isRunning } from '../../../support/processes.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { scriptsIn } from './scripts.ts';

describe('a program run for its output', () => {
  const folders = temporaryFolders();
  const never = new AbortController().signal;
  const run = (script: string, signal = never, bytesMax = 1000) => {
    const environment = scriptsIn(folders(), { told: script });
    return runProgram({ argv: ['told', 'one', 'two'], environment, bytesMax }, signal);
  };

  it('gives what it prints, on either stream', async () => {
    const { stdout, stderr, isCut } = await run('echo "$1 $2"; echo hint >&2');
    expect([stdout.toString(), stderr, isCut]).to.deep.equal(['one two\n', 'hint\n', false]);
  });

  it('says why there is nothing: not installed, not executable, ended with an error', async () => {
    const missing = { argv: ['none-such'], environment: { PATH: folders() }, bytesMax: 1 } as const;
    expect((await failure(runProgram(missing, never))).message).to.equal(
      'none-such is not installed',
    );
    const folder = folders();
    const folderItself = { argv: [folder], environment: null, bytesMax: 1 } as const;
    expect((await failure(runProgram(folderItself, never))).message).to.match(
      /cannot be executed: .*EACCES/,
    );
    expect((await failure(run('echo begun >&2; echo no permission >&2; exit 3'))).message).to.equal(
      'told: exit code 3: no permission',
    );
    expect((await failure(run('kill -9 $$'))).message).to.equal('told: it was ended by SIGKILL');
  });

  it('is killed with what it has started when its time is up, and reaped (row 35)', async () => {
    const pids = path.join(folders(), 'pids');
    const stop = new AbortController();
    const script = `trap '' TERM INT HUP; /bin/sleep 1000 & echo $$ $! > ${pids}.new; /bin/mv ${pids}.new ${pids}; wait; wait`;
    const running = failure(run(script, stop.signal));
    await until('it runs', () => existsSync(pids));
    stop.abort(new Error('it took longer than 10 s'));
    expect((await running).message).to.equal('it took longer than 10 s');
    const [itself = 0, child = 0] = readFileSync(pids, 'utf8').split(' ').map(Number);
    // Not even a zombie.
    expect(existsSync(`/proc/${itself}`)).to.equal(false);
    await until('its child is gone', () => !isRunning(child));
  });

  it('is not begun when its time is up already', async () => {
    const mark = path.join(folders(), 'mark');
    const refused = await failure(run(`echo x > ${mark}`, AbortSignal.abort(new Error('late'))));
    expect([refused.message, existsSync(mark)]).to.deep.equal(['late', false]);
  });

  it('is ended when it prints more than is taken, and what is taken is kept', async () => {
    const { stdout, isCut } = await run('while :; do echo 0123456789; done', never, 1000);
    expect([stdout.length, stdout.toString('utf8', 0, 11), isCut]).to.deep.equal([
      ...[1000, '0123456789\n', true],
    ]);
  });

  it('is not waited for longer when something that left its group holds its output', async () => {
    const pid = path.join(folders(), 'pid');
    const stop = new AbortController();
    const setsid = existsSync('/usr/bin/setsid') ? '/usr/bin/setsid' : '/bin/setsid';
    const script = `${setsid} /bin/sh -c 'echo $$ > ${pid}.new; /bin/mv ${pid}.new ${pid}; exec /bin/sleep 1000' &`;
    const running = failure(run(`${script}\nwait`, stop.signal));
    const left = await until('it has left', () => existsSync(pid) && Number(readFileSync(pid)));
    try {
      stop.abort(new Error('late'));
      expect((await running).message).to.equal('late');
    } finally {
      process.kill(left, 'SIGKILL');
    }
  });
});

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as Error,
  );
}
