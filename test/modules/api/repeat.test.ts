import { expect } from 'chai';
import { describe, it } from 'mocha';
import { repeat } from '../../../modules/api/repeat.ts';

describe('work in the background', () => {
  it('is done every 10 s, and 30 s after it failed (row 64)', async () => {
    const end = new AbortController();
    const delays: number[] = [];
    const failures: unknown[] = [];
    let count = 0;
    await repeat(
      () => {
        count += 1;
        if (count === 2) throw new Error('the second time');
      },
      {
        signal: end.signal,
        onError: (error) => failures.push(error),
        clock: {
          after: (delayMs, callback) => {
            if (delays.push(delayMs) === 4) end.abort();
            const timer = setImmediate(callback);
            return { cancel: () => clearImmediate(timer) };
          },
        },
      },
    );
    expect(delays).to.deep.equal([10_000, 30_000, 10_000, 10_000]);
    expect(failures.map(String)).to.deep.equal(['Error: the second time']);
  });

  it('ends in its pause at once (row 64)', async () => {
    const end = new AbortController();
    let count = 0;
    const ended = repeat(() => (count += 1), { signal: end.signal });
    await new Promise(setImmediate);
    end.abort();
    // With the timer of 10 s it would be mocha's deadline that ends it.
    await ended;
    expect(count).to.equal(1);
  }).timeout(5000);

  it('ends in its work when that heeds the signal, and that is no failure', async () => {
    const end = new AbortController();
    const failures: unknown[] = [];
    let isOver = false;
    const ended = repeat(
      async (signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        isOver = true;
        throw new Error('broken off');
      },
      { signal: end.signal, onError: (error) => failures.push(error) },
    );
    end.abort();
    await ended;
    expect(isOver).to.equal(true);
    expect(failures).to.deep.equal([]);
  });

  it('is not done at all where the end has come before it', async () => {
    let count = 0;
    await repeat(() => (count += 1), { signal: AbortSignal.abort() });
    expect(count).to.equal(0);
  });
});
