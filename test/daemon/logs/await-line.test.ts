import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { whenLineMatches } from '../../../daemon/logs/await-line.ts';
import { fittingTail } from '../../../daemon/logs/fitting-tail.ts';
import { LogFollowers } from '../../../daemon/logs/follow.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const since = new Date(0).toISOString();

describe('the wait for a line', () => {
  const folder = temporaryFolders();

  it('searches what is stored once at a time, however often lines are lost', async () => {
    const logsDir = folder();
    const { store, lose, wait } = open(logsDir);
    store('one', 'two', 'three');
    let tests = 0;
    const matched = wait(() => {
      tests++;
    });
    for (let times = 0; times < 100; times++) lose();
    // As long as many searches, one after the other.
    const selection = { module: 'bot', level: null, since, lines: 10 };
    for (let times = 0; times < 20; times++) await fittingTail(logsDir, selection);
    store('ready');
    lose();
    await matched;
    expect(tests, 'lines that were looked at').to.be.at.most(2 * 3 + 2 * 4);
  });

  it('finds a line that was lost while it searched', async () => {
    const { store, lose, wait } = open(folder());
    store('one');
    let isFirst = true;
    await wait(() => {
      if (!isFirst) return;
      isFirst = false;
      // The file is read by now, and this line not among what was in it.
      store('ready');
      lose();
    });
  });
});

function open(logsDir: string) {
  const followers = new LogFollowers(
    () => Promise.resolve({}),
    () => ['bot'],
  );
  let seq = 0;
  return {
    store: (...texts: readonly string[]): void => {
      for (const text of texts) {
        const time = new Date(++seq).toISOString();
        const line = { seq, time, module: 'bot', stream: 'stdout', level: null, text };
        appendFileSync(join(logsDir, 'bot.log'), `${JSON.stringify(line)}\n`);
      }
    },
    lose: () => followers.skipped('bot', 1),
    /** Resolves at the line "ready"; `onTest` is called for every line that is looked at. */
    wait: (onTest: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        const pattern = /ready/;
        pattern.test = (text) => {
          onTest();
          return text === 'ready';
        };
        const onFault = (doing: string, cause: unknown): void =>
          reject(new Error(doing, { cause }));
        whenLineMatches(
          { logsDir, followers, onFault },
          { module: 'bot', since, pattern },
          resolve,
        );
      }),
  };
}
