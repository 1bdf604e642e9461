import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unknownUsage } from '../../../daemon/resources/figures.ts';
import type { Sample } from '../../../daemon/resources/sampler.ts';
import { UsageHistory } from '../../../daemon/resources/usage-history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const hourMs = 3_600_000;
const beginMs = Date.UTC(2026, 10, 21, 12);

describe('what was used, hour by hour', () => {
  const folder = temporaryFolders();
  let path = '';
  let faults: string[] = [];

  beforeEach(() => {
    path = join(folder(), 'journal', 'daemon.usage.ndjson');
    faults = [];
  });

  function open(): UsageHistory {
    return new UsageHistory(path, (doing) => faults.push(doing));
  }

  function sample(afterMs: number, cpu: number | null, memory: number | null): Sample {
    const usage = { cpu_percent: cpu, memory_bytes: memory, threads: 1, processes: 1 };
    return {
      atMs: beginMs + afterMs,
      system: {} as Sample['system'],
      daemon: unknownUsage,
      modules: new Map([['bot', usage]]),
    };
  }

  it('is the average and the highest of what was known in it', async () => {
    const history = open();
    history.take(sample(0, 10, 1000));
    history.take(sample(1000, 40, null));
    history.take(sample(2000, null, null));
    const [hour, ...others] = await history.read(beginMs);
    expect(others).to.deep.equal([]);
    expect(hour).to.deep.equal({
      fromMs: beginMs,
      untilMs: beginMs + 2000,
      daemon: { cpu: null, memory: null },
      modules: {
        bot: {
          cpu: { count: 2, average: 25, max: 40 },
          memory: { count: 1, average: 1000, max: 1000 },
        },
      },
    });
  });

  it('is kept across daemons, also of an hour that was not over', async () => {
    const first = open();
    first.take(sample(0, 10, 1000));
    first.take(sample(hourMs, 20, 1000));
    first.close();
    const second = open();
    second.take(sample(hourMs + 1000, 30, 1000));
    const hours = await second.read(beginMs);
    expect(hours.map(({ modules }) => modules['bot']?.cpu?.average)).to.deep.equal([10, 20, 30]);
  });

  it('is told only of the time that is asked for', async () => {
    const history = open();
    for (let hour = 0; hour < 5; hour++) history.take(sample(hour * hourMs, hour, 1));
    const hours = await history.read(beginMs + 3 * hourMs - 1);
    expect(hours.map(({ modules }) => modules['bot']?.cpu?.max)).to.deep.equal([3, 4]);
    expect(await history.read(beginMs + 9 * hourMs)).to.deep.equal([]);
  });

  it('has memory measured every five minutes, also after the clock was set back', () => {
    const history = open();
    expect(history.isMemoryDue(beginMs)).to.equal(true);
    history.take(sample(0, 1, 1));
    expect(history.isMemoryDue(beginMs + 299_999)).to.equal(false);
    expect(history.isMemoryDue(beginMs + 300_000)).to.equal(true);
    expect(history.isMemoryDue(beginMs - 1)).to.equal(true);
  });

  it('passes over lines that are none of its own', async () => {
    const history = open();
    history.take(sample(0, 10, 1000));
    history.close();
    appendFileSync(path, 'null\n{"fromMs":1}\n\u0000\n{"fromMs":1,"untilMs":"9",\n');
    expect(await open().read(beginMs)).to.have.length(1);
  });

  it('is empty where nothing was kept, or something else has its place', async () => {
    expect(await open().read(0)).to.deep.equal([]);
    mkdirSync(path, { recursive: true });
    expect(await open().read(0)).to.deep.equal([]);
  });

  it('is lost for an hour that the disk did not take, which is told, and goes on', async () => {
    const history = open();
    history.take(sample(0, 10, 1000));
    mkdirSync(path, { recursive: true });
    history.take(sample(hourMs, 20, 1000));
    expect(faults).to.deep.equal(['keep what was used in the last hour']);
    rmSync(path, { recursive: true });
    history.take(sample(2 * hourMs, 30, 1000));
    const hours = await history.read(beginMs);
    expect(hours.map(({ modules }) => modules['bot']?.cpu?.average)).to.deep.equal([20, 30]);
  });
});
