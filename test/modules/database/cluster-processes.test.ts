import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parsePostmasterFile } from '../../../modules/database/cluster-processes.ts';

describe('postmaster.pid', () => {
  it('says which process serves the folder, and where its socket is', () => {
    const text = '4711\n/home/x/pg\n1795347334\n5432\n/home/x\n\n  12345  67890\nready   \n';
    expect(parsePostmasterFile(text)).to.deep.equal({ pid: 4711, socketFolder: '/home/x' });
  });

  for (const text of ['', 'x\n', '-4\n', '0\n'])
    it(`says nothing when it is ${JSON.stringify(text)}`, () => {
      expect(parsePostmasterFile(text)).to.equal(null);
    });
});
