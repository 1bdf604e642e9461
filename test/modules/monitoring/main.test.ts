import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const program = new URL('../../../modules/monitoring/main.js', import.meta.url).pathname;

interface Run {
  readonly child: ChildProcess;
  readonly lines: { readonly msg: string; readonly time: number; readonly level: number }[];
  /** Exit code. */
  readonly ended: Promise<number>;
}

/** The program as somebody runs it by hand, without a daemon. */
describe('monitoring by hand', () => {
  const freshFolder = temporaryFolders();

  function run(home: string, settings: Readonly<Record<string, string>> = {}): Run {
    const env = { PATH: process.env['PATH'], SUPERBOT_HOME: home, ...settings };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: Run['lines'] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const whole = (rest + text).split('\n');
      rest = whole.pop()!;
      lines.push(...whole.map((line) => JSON.parse(line) as Run['lines'][number]));
    });
    const ended = once(child, 'close').then(([code]) => code as number);
    return { child, lines, ended };
  }

  const messages = ({ lines }: Run) => lines.map(({ msg }) => msg);

  let wrong: Run;
  let crashed: Run;

  // They end by themselves, while the first test has its own.
  before(() => {
    wrong = run(freshFolder(), { MONITORING_STORAGE: 'cloud' });
    const noFolder = join(freshFolder(), 'file');
    writeFileSync(noFolder, '');
    crashed = run(noFolder);
  });

  it('starts and stops in order, tells each in its log, and is there once (rows 26, 41, 42)', async () => {
    const home = freshFolder();
    const first = run(home, { MONITORING_KEEP_AWAKE: 'false' });
    try {
      await until('it has started', () => messages(first).includes('daemon_started'));
      const second = run(home);
      expect(await second.ended).to.equal(1);
      expect(messages(second).at(-1)).to.match(/^cannot watch the host: another monitoring runs/);
      first.child.kill('SIGTERM');
      expect(await first.ended).to.equal(0);
    } finally {
      first.child.kill('SIGKILL');
    }
    expect(messages(first)).to.deep.equal([
      ...['daemon_starting', 'daemon_started', 'signal_received', 'daemon_stopping'],
      ...['sampling_loop_cancelled', 'daemon_stopped'],
    ]);
    for (const { time } of first.lines) expect(new Date(time).toISOString()).to.match(/^2\d{3}-/);
  });

  it('says what is wrong with its params, and is not worth another try', async () => {
    expect(await wrong.ended).to.equal(78);
    expect(messages(wrong).at(-1)).to.include('param "storage" is "cloud"');
  });

  it('logs what it crashes of, and ends (row 42)', async () => {
    expect(await crashed.ended).to.equal(1);
    expect(messages(crashed)).to.deep.equal(['daemon_starting', 'daemon_crashed']);
  });
});
