import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Retention } from '../../../../modules/monitoring/store/retention.ts';
import type { Pruned, PruneLimits } from '../../../../modules/monitoring/store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { silent } from './fresh-stores.ts';

const dayMs = 86_400_000;

/** Runs the retention over a store that has what it is told to have. */
function someRetention() {
  const clock = new FakeClock();
  const stop = new AbortController();
  const state = new Map<string, unknown>();
  const asked: { readonly atMs: number; readonly limits: PruneLimits }[] = [];
  const seen = { asked, folders: [] as string[], fails: 0, state };
  const beganMs = clock.now();
  const retention = new Retention({
    store: {
      prune: (limits): Promise<Pruned> => {
        asked.push({ atMs: clock.now() - beganMs, limits });
        if (seen.fails > 0) {
          seen.fails -= 1;
          return Promise.reject(new Error('the database is away'));
        }
        return Promise.resolve({ samples: 1, happenings: 2, folders: ['one', 'two'] });
      },
      readState: (key) => Promise.resolve(state.get(key) ?? null),
      writeState: (key, value) => Promise.resolve(void state.set(key, value)),
    },
    daysKept: { samples: 30, events: 90 },
    removeFolders: (folders) => Promise.resolve(void seen.folders.push(...folders)),
    clock,
    log: silent,
  });
  return { clock, seen, stop, running: () => retention.run(stop.signal) };
}

describe('the retention of samples and happenings', () => {
  it('removes rows and folders a minute after the start and every day (row 40)', async () => {
    const { clock, seen, stop, running } = someRetention();
    const run = running();
    await clock.advance(60_000 + 2 * dayMs);
    stop.abort();
    await run;
    expect(seen.asked.map(({ atMs }) => atMs)).to.deep.equal([
      60_000,
      60_000 + dayMs,
      60_000 + 2 * dayMs,
    ]);
    const last = clock.now();
    expect(seen.asked[2]?.limits).to.deep.equal({
      samplesBeforeMs: last - 30 * dayMs,
      happeningsBeforeMs: last - 90 * dayMs,
    });
    expect(seen.folders).to.deep.equal(['one', 'two', 'one', 'two', 'one', 'two']);
  });

  it('tries again ten minutes after it failed', async () => {
    const { clock, seen, stop, running } = someRetention();
    seen.fails = 1;
    const run = running();
    await clock.advance(60_000 + 600_000);
    stop.abort();
    await run;
    expect(seen.asked.map(({ atMs }) => atMs)).to.deep.equal([60_000, 660_000]);
  });

  it('removes nothing for a day when the clock is days from where it was last seen', async () => {
    for (const awayMs of [-400 * dayMs, 4 * dayMs]) {
      const { clock, seen, stop, running } = someRetention();
      seen.state.set('retention', { at_ms: clock.now() + awayMs });
      const run = running();
      await clock.advance(60_000);
      expect(seen.asked).to.have.length(0);
      await clock.advance(dayMs);
      expect(seen.asked).to.have.length(1);
      stop.abort();
      await run;
    }
  });
});
