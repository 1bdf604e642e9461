import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isKeepersFault } from '../../../daemon/guardian/current-keeper.ts';
import { KeeperLostError } from '../../../daemon/guardian/keeper-loss.ts';

describe('a keeper that cannot be reached', () => {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  for (const code of ['ENOENT', 'ECONNREFUSED', 'ECONNRESET']) {
    it(`is gone when its socket says ${code}: another one is started`, () => {
      expect(isKeepersFault(failure(code))).to.equal(true);
    });
  }

  it('is gone when it has taken the connection and gives no answer', () => {
    expect(isKeepersFault(new KeeperLostError('no answer'))).to.equal(true);
  });

  for (const code of ['EMFILE', 'ENFILE', 'EACCES']) {
    it(`is left alone when the trouble is ours: ${code}`, () => {
      expect(isKeepersFault(failure(code))).to.equal(false);
    });
  }
});
