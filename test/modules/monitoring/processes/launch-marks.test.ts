import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, closeSync, symlinkSync, writeFileSync, constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, realClock } from '../../../../modules/api/clock.ts';
import { LaunchMarks } from '../../../../modules/monitoring/processes/launch-marks.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { countersOf } from './processes-at-play.ts';

/** On a busy machine what does not hang may take as long as what does: no deadline, or one that comes at once. */
const deadlines = { none: 60_000, soon: 5 };

describe('the launch marks of processes', () => {
  const temporaryFolder = temporaryFolders();
  const fifos: string[] = [];

  afterEach(() => {
    for (const fifo of fifos.splice(0)) release(fifo);
  });

  /** A `/proc` in which each of these processes has this environment; null for one whose reading hangs. */
  function marksOf(home: string, environments: Readonly<Record<number, string | null>>) {
    const doAllEnd = !Object.values(environments).includes(null);
    const deadlineMs = doAllEnd ? deadlines.none : deadlines.soon;
    const clock: Clock = {
      ...realClock,
      after: (_, callback) => realClock.after(deadlineMs, callback),
      monotonicMs: () => 0,
    };
    const folder = temporaryFolder();
    for (const [pid, environment] of Object.entries(environments)) {
      mkdirSync(join(folder, pid));
      const file = join(folder, pid, 'environ');
      if (environment !== null) {
        writeFileSync(file, environment);
        continue;
      }
      execFileSync('mkfifo', [file]);
      fifos.push(file);
    }
    const marks = new LaunchMarks({ folder, home, clock });
    const processes = Object.keys(environments).map((pid) => countersOf({ pid: Number(pid) }));
    const modules = () => processes.map((process) => marks.moduleOf(process));
    return { folder, marks, processes, modules };
  }

  it('are those of our home’s modules', async () => {
    const [home, other] = [temporaryFolder(), temporaryFolder()];
    const { marks, processes, modules } = marksOf(home, {
      11: `A=1\0SUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:7f\0B=2\0`,
      12: `SUPERBOT_HOME=${other}\0SUPERBOT_LAUNCH=bot:7f\0`,
      13: `XSUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:7f\0`,
      14: `SUPERBOT_HOME=${home}\0XSUPERBOT_LAUNCH=bot:7f\0`,
      15: '',
      16: '\0\0=\0SUPERBOT_LAUNCH=\0',
    });
    await marks.learn(processes);
    expect(modules()).to.deep.equal(['bot', null, null, null, null, null]);
  });

  it('are found also when the home was called by another path', async () => {
    const home = temporaryFolder();
    const link = join(temporaryFolder(), 'link');
    symlinkSync(home, link);
    const { marks, processes, modules } = marksOf(home, {
      11: `SUPERBOT_HOME=${link}\0SUPERBOT_LAUNCH=bot:1\0`,
      12: `SUPERBOT_HOME=${link}\0SUPERBOT_LAUNCH=other:1\0`,
    });
    await marks.learn(processes);
    expect(modules()).to.deep.equal(['bot', 'other']);
  });

  it('are seen of a process that had not begun its program at the first look', async () => {
    const home = temporaryFolder();
    const { folder, marks, processes, modules } = marksOf(home, { 11: 'PATH=/bin\0' });
    await marks.learn(processes);
    writeFileSync(join(folder, '11/environ'), `SUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:1\0`);
    await marks.learn(processes);
    expect(modules()).to.deep.equal(['bot']);
  });

  it('are forgotten with the process', async () => {
    const home = temporaryFolder();
    const environment = `SUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:1\0`;
    const { marks, processes, modules } = marksOf(home, { 11: environment });
    await marks.learn(processes);
    await marks.learn([]);
    expect(modules()).to.deep.equal([null]);
  });

  it('are told of the others while the reading of one hangs, and of that one when it goes on', async () => {
    const home = temporaryFolder();
    const environment = `SUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:1\0`;
    const { marks, processes, modules } = marksOf(home, { 11: null, 12: environment });
    await until('the other', async () => {
      await marks.learn(processes);
      return modules()[1] === 'bot';
    });
    expect(modules()[0]).to.equal(null);
    for (let look = 0; look < 5; look++) await marks.learn(processes);
    expect(await readdir(home), 'a folder, which it takes a thread to read').to.deep.equal([]);
    release(join(fifos.pop() ?? ''), environment);
    await until('the one that hung', () => modules()[0] === 'bot');
  });

  it('are looked for no further while several hang, so that files are still served', async () => {
    const home = temporaryFolder();
    const environment = `SUPERBOT_HOME=${home}\0SUPERBOT_LAUNCH=bot:1\0`;
    const given = { 11: null, 12: null, 13: null, 14: null, 15: environment };
    const { marks, processes, modules } = marksOf(home, given);
    for (let look = 0; look < 3; look++) await marks.learn(processes);
    expect(modules()).to.deep.equal([null, null, null, null, null]);
    expect(await readdir(home), 'a folder, which it takes a thread to read').to.deep.equal([]);
    await until('the last', async () => {
      for (const fifo of fifos) release(fifo);
      await marks.learn(processes);
      return modules()[4] === 'bot';
    });
  });
});

/** Whoever hangs in reading it gets this text; nobody needs to. */
function release(fifo: string, text = ''): void {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    if (text !== '') writeFileSync(fd, text);
    closeSync(fd);
  } catch (error) {
    // No reader is there.
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
  }
}
