import { expect } from 'chai';
import { describe, it } from 'mocha';
import { StressRecord } from '../../../daemon/host/stress-record.ts';
import type { ToldLevel } from '../../../daemon/host/told.ts';
import { FakeClock } from '../../support/fake-clock.ts';

type Level = ToldLevel['level'] | null;

function open() {
  const system = new FakeClock();
  const recorded: Level[] = [];
  const record = new StressRecord({
    system,
    record: (change) => recorded.push(change?.level ?? null),
  });
  /** Null: nobody watches the host any more. */
  const take = (level: Level): void => {
    const rest = { total: null, reasons: [], id: null, culprits: [] };
    if (level === null) record.unwatched();
    else record.take({ kind: 'level', level, ...rest });
  };
  const takeAll = async (...levels: readonly Level[]): Promise<void> => {
    for (const level of levels) {
      await system.advance(1000);
      take(level);
    }
  };
  return { system, record, recorded, take, takeAll };
}

describe('the record of how stressed the host is', () => {
  it('has each change once', async () => {
    const { recorded, takeAll } = open();
    await takeAll('normal', 'elevated', 'elevated', 'critical', 'normal');
    expect(recorded).to.deep.equal(['normal', 'elevated', 'critical', 'normal']);
  });

  it('says that nobody knows any more when whoever told of stress is gone', async () => {
    const { recorded, takeAll } = open();
    await takeAll('critical', null, null, 'critical', 'normal', null);
    expect(recorded).to.deep.equal(['critical', null, 'critical', 'normal']);
  });

  it('says so too for what an earlier daemon may have been told', async () => {
    const { recorded, takeAll } = open();
    await takeAll(null);
    expect(recorded).to.deep.equal([null]);
  });

  it('is not filled by a level that flickers: of each second it has the last, and that at the latest at the end', async () => {
    const { system, record, recorded, take } = open();
    for (let n = 0; n < 2999; n++) {
      take(n % 2 === 0 ? 'critical' : 'normal');
      await system.advance(1);
    }
    expect(recorded).to.deep.equal(['critical', 'normal', 'normal']);
    record.stop();
    record.stop();
    expect(recorded.slice(3)).to.deep.equal(['critical']);
    await system.advance(10_000);
    expect(recorded).to.have.length(4);
  });
});
