import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { LastKnown } from '../../rpc/advice.ts';
import { explain } from '../../rpc/explanation.ts';
import type { StoredEntry } from '../../rpc/journal-files.ts';

function entry(second: number, data: StoredEntry['data'] = {}): StoredEntry {
  const time = new Date(Date.UTC(2026, 10, 22, 3, 0, second)).toISOString();
  return { time, module: 'bot', kind: 'state', text: `entry ${second}`, data };
}

const calm: LastKnown = {
  ...{ state: 'running', reason: null, health: 'healthy', pid: 7, restart_count: 0 },
  ...{ next_restart_at: null, last_exit: null, last_error: null, depends_on: [] },
};
const everything = { module: 'bot', since: null };

describe('an explanation', () => {
  it('has the last fifty entries, without the name that was asked for', () => {
    const journal = Array.from({ length: 60 }, (_, n) => entry(n));
    const { entries } = explain(everything, { journal, host: [] }, null);
    expect(entries).to.have.length(50);
    expect(entries.at(-1)).to.have.all.keys('time', 'kind', 'text', 'data');
    expect(entries.map(({ text }) => text))
      .to.include('entry 10')
      .and.not.to.include('entry 9');
  });

  it('has every entry since a time, however that is written', () => {
    const journal = Array.from({ length: 59 }, (_, n) => entry(n));
    for (const since of ['2026-11-22T03:00:05Z', '2026-11-22T03:00:05.000Z']) {
      const { entries } = explain({ module: 'bot', since }, { journal, host: [] }, null);
      expect(entries[0]?.text).to.equal('entry 5');
      expect(entries).to.have.length(54);
    }
  });

  it('tells from the journal alone in which state the module was last, and advises on that', () => {
    const failed = { state: 'failed', reason: 'exit_78', last_error: 'exited with code 78' };
    const journal = [entry(1, { state: 'running' }), entry(2, failed), entry(3, { code: 1 })];
    const { state, advice } = explain(everything, { journal, host: [] }, null);
    expect(state).to.equal('failed');
    expect(advice).to.include('exit code 78').and.to.include('superbot-cli daemon start');
    // What is asked for is shown, the state is known all the same.
    const later = explain({ module: 'bot', since: entry(3).time }, { journal, host: [] }, null);
    expect(later).to.include({ state: 'failed', advice }).and.to.have.property('entries');
  });

  it('believes the daemon before the journal', () => {
    const rest = { restart_count: 0, next_restart_at: null, last_exit: null, last_error: null };
    const down = { state: 'stopped', reason: 'operator' } as const;
    const { state, advice } = explain(
      everything,
      { journal: [entry(1, { state: 'running' })], host: [] },
      {
        ...down,
        ...rest,
        depends_on: [],
        health: 'unknown',
        pid: null,
      },
    );
    expect(state).to.equal('stopped');
    expect(advice).to.match(/^an operator stopped it/);
  });

  const crash = { ...entry(30, { asked: false }), kind: 'exit' };
  const failed = entry(31, { state: 'failed', reason: 'restart_limit', restart_count: 5 });
  const host = [
    { ...entry(28, { at: entry(20).time, id: 12 }), kind: 'pause', text: 'the host stood still' },
  ];

  it('has what the host did around a crash, in order, and names it as the likely cause', () => {
    const journal = [entry(1), crash, failed];
    const { entries, advice } = explain(everything, { journal, host }, null);
    expect(entries.map(({ kind }) => kind)).to.deep.equal(['state', 'pause', 'exit', 'state']);
    expect(advice).to.match(
      /^the host is the likely cause, look at that first — just before its last crash: the host stood still\. Then: the daemon is not running/,
    );
    const { advice: later } = explain(everything, { journal, host }, { ...calm, state: 'failed' });
    expect(later).to.include('(`superbot-cli stress show 12` has more). Then: it failed');
  });

  it('leaves the host out of the advice once the module runs and its crashes are forgotten', () => {
    const { entries, advice } = explain(everything, { journal: [crash, failed], host }, calm);
    expect(entries.map(({ kind }) => kind)).to.include('pause');
    expect(advice).to.equal('it runs: nothing to do');
  });
});
