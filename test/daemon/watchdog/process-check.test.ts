import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { identify, type ProcessInfo, readProcess } from '../../../daemon/processes.ts';
import { ProcessCheck } from '../../../daemon/watchdog/process-check.ts';
import { type ExpectedProcess, findTroubles } from '../../../daemon/watchdog/processes.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const identity = { pid: 7, startTime: '70', bootId: 'boot' };
const calm: ProcessInfo = {
  ...{ pid: 7, startTime: '70', parentPid: 1, groupId: 7, sessionId: 7 },
  ...{ zombie: false, stopped: false },
};

describe('a look at the processes of all modules', () => {
  const rows: [string, ProcessInfo | null, string | null][] = [
    ['nothing of one that runs', calm, null],
    ['one that is gone', null, 'gone'],
    ['one whose pid another process has', { ...calm, startTime: '99' }, 'gone'],
    ['a zombie (row 83)', { ...calm, zombie: true }, 'zombie'],
    ['one that is stopped', { ...calm, stopped: true }, 'stopped'],
  ];
  for (const [title, process, trouble] of rows) {
    it(`finds ${title}`, () => {
      const table = new Map(process === null ? [] : [[7, process]]);
      const found = findTroubles([{ name: 'bot', launch: 'a', identity }], table);
      expect(found.map((one) => one.trouble)).to.deep.equal(trouble === null ? [] : [trouble]);
    });
  }
});

describe('the process check', () => {
  /** A process that is as the test wants it. */
  async function withProcess(
    use: (world: {
      clock: FakeClock;
      check: ProcessCheck;
      found: string[];
      kill: (signal: NodeJS.Signals) => Promise<void>;
    }) => Promise<void>,
  ): Promise<void> {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const pid = child.pid!;
    const bot: ExpectedProcess = { name: 'bot', launch: 'a', identity: identify(pid)! };
    const clock = new FakeClock();
    const found: string[] = [];
    const check = new ProcessCheck({
      system: clock,
      running: () => [bot],
      onTrouble: ({ trouble }) => found.push(trouble),
    });
    check.begin(30_000);
    const kill = async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      if (signal === 'SIGKILL') await once(child, 'exit');
      else await until('it obeys', () => readProcess(pid)?.stopped === (signal === 'SIGSTOP'));
    };
    try {
      await use({ clock, check, found, kill });
    } finally {
      check.stop();
      child.kill('SIGKILL');
    }
  }

  it('tells once that a process is stopped, and again when it is stopped again', () =>
    withProcess(async ({ clock, found, kill }) => {
      await clock.advance(60_000);
      expect(found).to.deep.equal([]);
      await kill('SIGSTOP');
      await clock.advance(120_000);
      expect(found).to.deep.equal(['stopped']);
      await kill('SIGCONT');
      await clock.advance(30_000);
      await kill('SIGSTOP');
      await clock.advance(30_000);
      expect(found).to.deep.equal(['stopped', 'stopped']);
    }));

  it('tells that a process is gone only if nobody has told it two seconds later', () =>
    withProcess(async ({ clock, found, kill }) => {
      await kill('SIGKILL');
      await clock.advance(30_000);
      expect(found).to.deep.equal([]);
      await clock.advance(2000);
      expect(found).to.deep.equal(['gone']);
      await clock.advance(120_000);
      expect(found).to.deep.equal(['gone']);
    }));

  it('goes on as it was when the configuration is read again with the same interval', () =>
    withProcess(async ({ clock, check, found, kill }) => {
      await kill('SIGSTOP');
      for (let reload = 0; reload < 8; reload++) {
        await clock.advance(20_000);
        check.begin(30_000);
      }
      expect(found).to.deep.equal(['stopped']);
    }));
});
