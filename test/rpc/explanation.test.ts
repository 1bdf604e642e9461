import { expect } from 'chai';
import { describe, it } from 'mocha';
import { explain } from '../../rpc/explanation.ts';
import type { StoredEntry } from '../../rpc/journal-files.ts';

function entry(second: number, data: StoredEntry['data'] = {}): StoredEntry {
  const time = new Date(Date.UTC(2026, 10, 22, 3, 0, second)).toISOString();
  return { time, module: 'bot', kind: 'state', text: `entry ${second}`, data };
}

const everything = { module: 'bot', since: null };

describe('an explanation', () => {
  it('has the last fifty entries, without the name that was asked for', () => {
    const journal = Array.from({ length: 60 }, (_, n) => entry(n));
    const { entries } = explain(everything, journal, null);
    expect(entries).to.have.length(50);
    expect(entries.at(-1)).to.have.all.keys('time', 'kind', 'text', 'data');
    expect(entries.map(({ text }) => text))
      .to.include('entry 10')
      .and.not.to.include('entry 9');
  });

  it('has every entry since a time, however that is written', () => {
    const journal = Array.from({ length: 59 }, (_, n) => entry(n));
    for (const since of ['2026-11-22T03:00:05Z', '2026-11-22T03:00:05.000Z']) {
      const { entries } = explain({ module: 'bot', since }, journal, null);
      expect(entries[0]?.text).to.equal('entry 5');
      expect(entries).to.have.length(54);
    }
  });

  it('tells from the journal alone in which state the module was last, and advises on that', () => {
    const failed = { state: 'failed', reason: 'exit_78', last_error: 'exited with code 78' };
    const journal = [entry(1, { state: 'running' }), entry(2, failed), entry(3, { code: 1 })];
    const { state, advice } = explain(everything, journal, null);
    expect(state).to.equal('failed');
    expect(advice).to.include('exit code 78').and.to.include('superbot-cli daemon start');
    // What is asked for is shown, the state is known all the same.
    const later = explain({ module: 'bot', since: entry(3).time }, journal, null);
    expect(later).to.include({ state: 'failed', advice }).and.to.have.property('entries');
  });

  it('believes the daemon before the journal', () => {
    const rest = { restart_count: 0, next_restart_at: null, last_exit: null, last_error: null };
    const down = { state: 'stopped', reason: 'operator' } as const;
    const { state, advice } = explain(everything, [entry(1, { state: 'running' })], {
      ...down,
      ...rest,
      depends_on: [],
      health: 'unknown',
      pid: null,
    });
    expect(state).to.equal('stopped');
    expect(advice).to.match(/^an operator stopped it/);
  });
});
