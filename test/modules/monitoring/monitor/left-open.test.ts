import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import { endLeftOpen } from '../../../../modules/monitoring/monitor/left-open.ts';
import type { NewHappening } from '../../../../modules/monitoring/store.ts';
import { FileStore } from '../../../../modules/monitoring/store/files.ts';
import { calm } from '../../../../modules/monitoring/stress.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { hangingStore } from './played.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('episodes that were left open', () => {
  const newFolder = temporaryFolders();
  let store: FileStore;
  let warnings: string[];
  const clock = new FakeClock();
  const log = { warn: (text: string) => warnings.push(text) };

  beforeEach(async () => {
    warnings = [];
    store = await FileStore.open({ folder: newFolder(), clock: realClock, log: silent });
  });

  function episode(atMs: number, durationMs: number | null = null): NewHappening {
    const about = { kind: 'elevated', pause: null, stress: calm, folder: null } as const;
    return { ...about, atMs, durationMs, culprits: [], notes: '' };
  }

  it('end where they began when they have left no sample', async () => {
    const id = await store.addHappening(episode(clock.now() - 60_000));
    await endLeftOpen({ store, clock, log });
    expect(await store.happening(id)).to.include({ durationMs: 0 });
  });

  it('are not those that have ended, nor those of this run, nor pauses', async () => {
    const ended = await store.addHappening(episode(clock.now() - 60_000, 7));
    const own = await store.addHappening(episode(clock.now()));
    const pause = { ...episode(clock.now() - 60_000), kind: 'pause' } as const;
    const other = await store.addHappening(pause);
    await endLeftOpen({ store, clock, log });
    expect(await store.happening(ended)).to.include({ durationMs: 7, notes: '' });
    expect(await store.happening(own)).to.include({ durationMs: null, notes: '' });
    expect(await store.happening(other)).to.include({ durationMs: null, notes: '' });
  });

  it('stay open, with a warning, when the store does not answer', async () => {
    const ending = endLeftOpen({ store: hangingStore, clock, log });
    await clock.advance(10_000);
    await ending;
    expect(warnings).to.have.length(1);
  });
});
