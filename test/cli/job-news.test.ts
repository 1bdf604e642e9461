import { expect } from 'chai';
import { describe, it } from 'mocha';
import { getEventListeners } from 'node:events';
import { JobNews } from '../../cli/job-news.ts';
import type { DatabaseJob } from '../../rpc/shapes-database.ts';

describe('the news of a job', () => {
  const job = { state: 'running', rows: 1 } as DatabaseJob;
  const { signal } = new AbortController();

  it('leave nothing on the signal, however often there are none', async () => {
    const news = new JobNews();
    for (let wait = 0; wait < 12; wait++) expect(await news.next(1, signal)).to.equal(null);
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('are the newest, once, whether they come before or while they are waited for', async () => {
    const news = new JobNews();
    news.tell(job);
    news.tell({ ...job, rows: 2 });
    expect(await news.next(60_000, signal)).to.include({ rows: 2 });
    expect(await news.next(1, signal)).to.equal(null);
    const waiting = news.next(60_000, signal);
    news.tell({ ...job, rows: 3 });
    expect(await waiting).to.include({ rows: 3 });
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('are waited for until the signal aborts', async () => {
    const stop = new AbortController();
    const waiting = new JobNews().next(60_000, stop.signal);
    stop.abort();
    expect(await waiting).to.equal(null);
  });
});
