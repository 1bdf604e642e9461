import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onceATurn } from '../../../daemon/keeper/once-a-turn.ts';

describe('what many ask for', () => {
  it('is found once within a turn, however many promises it lasts, and anew in the next', async () => {
    let count = 0;
    const find = onceATurn(() => ++count);
    expect([find(), find()]).to.deep.equal([1, 1]);
    await Promise.resolve();
    expect(find()).to.equal(1);
    await nextTurn();
    await nextTurn();
    expect(find()).to.equal(2);
  });

  it('is sought again at once after it could not be found', () => {
    let isThere = false;
    const find = onceATurn(() => {
      if (!isThere) throw new Error('not there');
      return 'found';
    });
    expect(find).to.throw('not there');
    isThere = true;
    expect(find()).to.equal('found');
  });
});
