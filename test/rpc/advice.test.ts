import { expect } from 'chai';
import { describe, it } from 'mocha';
import { adviceFor, type LastKnown } from '../../rpc/advice.ts';

const calm: LastKnown = {
  state: 'running',
  reason: null,
  health: 'unknown',
  pid: null,
  restart_count: 0,
  next_restart_at: null,
  last_exit: null,
  last_error: null,
  depends_on: [],
};
const at = '2026-11-22T03:12:01.000Z';
const start = '`superbot-cli module start bot`';

function advice(change: Partial<LastKnown>, daemonRuns = true): string {
  return adviceFor('bot', { ...calm, ...change }, { daemonRuns });
}

describe('the advice on a module', () => {
  const crashed = { last_error: 'exited with code 7' };
  const rows: [change: Partial<LastKnown>, ...said: string[]][] = [
    [{ state: 'running' }, 'nothing to do'],
    [{ state: 'running', restart_count: 2, ...crashed }, '2 times', 'code 7', 'logs -m bot'],
    [{ state: 'running', health: 'unhealthy' }, '`superbot-cli health`', 'module restart bot'],
    [{ state: 'running', health: 'degraded' }, '`superbot-cli health`', 'not all is well'],
    [{ state: 'starting', pid: 7, depends_on: ['db'] }, '`superbot-cli logs -f -m bot`'],
    [{ state: 'starting', depends_on: ['db'] }, '(db)', '`superbot-cli module explain db`'],
    [{ state: 'stopping' }, '`superbot-cli module stop bot --force`'],
    [{ state: 'restarting', next_restart_at: at }, at, '`superbot-cli module stop bot`'],
    [{ state: 'restarting', reason: 'no_keeper', last_error: 'EMFILE' }, 'EMFILE', 'keeper.log'],
    [{ state: 'stopped', reason: 'operator' }, 'an operator stopped it', start],
    [{ state: 'stopped', reason: 'finished' }, 'did its work', 'nothing to do', start],
    [{ state: 'stopped', reason: 'halted', last_error: 'daily loss' }, 'daily loss', start],
    [{ state: 'stopped', reason: 'schedule' }, 'the schedule keeps it down', start],
    [
      { state: 'stopped', reason: 'dependency_stopped', depends_on: ['db'] },
      '`superbot-cli module start db`',
      'comes back by itself',
    ],
    [
      { state: 'stopped', reason: 'dependency_failed', depends_on: ['db', 'api'] },
      '(db, api)',
      '`superbot-cli module explain NAME`',
    ],
    [{ state: 'stopped', reason: 'disabled' }, 'enabled: true', '`superbot-cli config reload`'],
    [{ state: 'stopped', reason: 'shutdown' }, 'stopped with the daemon'],
    [{ state: 'stopped' }, 'autostart', start],
    [{ state: 'failed', reason: 'restart_limit', restart_count: 5, ...crashed }, '5 times', start],
    [{ state: 'failed', reason: 'restart_limit', next_restart_at: at }, `tried again at ${at}`],
    [{ state: 'failed', reason: 'start_timeout' }, 'ready.timeout', start],
    [{ state: 'failed', reason: 'crashed', ...crashed }, 'policy is never', 'code 7', start],
    [{ state: 'failed', reason: 'exit_78' }, 'params, args or env', start],
    [{ state: 'failed', reason: 'stop_failed', last_error: 'pid 9 (cat)' }, 'pid 9 (cat)', start],
    [{ state: 'failed', reason: 'unheard_of' }, 'logs -m bot', start],
    [{ state: 'import_failed', last_error: 'no file x.js' }, 'no file x.js', start],
  ];
  for (const [change, ...said] of rows) {
    const { state, reason = 'no reason', health = 'unknown', restart_count: count = 0 } = change;
    it(`while it is ${state}, ${reason}, health ${health}, after ${count} restarts, says what to do`, () => {
      for (const words of said) expect(advice(change)).to.include(words);
    });
  }

  it('is never the same for two different causes', () => {
    const given = rows.map(([change]) => advice(change));
    expect(new Set(given).size).to.equal(given.length);
  });

  it('begins with the daemon when none runs, and knows what that brings back by itself', () => {
    const first = '`superbot-cli daemon start`';
    const failed = advice({ state: 'failed', reason: 'exit_78' }, false);
    expect(failed).to.match(/^the daemon is not running/);
    expect(failed).to.include(first).and.to.include(start);
    const running = advice({ state: 'running' }, false);
    expect(running).to.include(first).and.to.include('takes "bot" over');
    expect(advice({ state: 'stopped', reason: 'shutdown' }, false)).not.to.include(start);
  });
});
