import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RpcError } from '../../../modules/api/module.ts';
import { DatabaseError } from '../../../modules/api/database.ts';
import { answering, ifItAnswers } from '../../../modules/collector/answering.ts';
import { rejection } from '../api/database/open-databases.ts';

describe('an answer of the collector while the database is away', () => {
  const away = () => Promise.reject(new DatabaseError('unavailable', 'connect ENOENT'));
  const broken = new TypeError('a mistake of ours');

  it('is an error that says so, and not an internal one', async () => {
    const failed = await rejection(answering(away()));
    expect(failed).to.be.instanceOf(RpcError);
    expect(failed).to.include({ code: -32004 });
    expect(failed.message).to.equal('the database cannot be asked: connect ENOENT');
  });

  it('comes in time also when nothing comes from the server', async () => {
    const failed = await rejection(answering(new Promise(() => undefined), 10));
    expect(failed.message).to.equal('the database cannot be asked: no answer within 0.01 s');
  });

  it('does without what is stored where the rest is known', async () => {
    expect(await ifItAnswers(away())).to.equal(null);
    expect(await ifItAnswers(Promise.resolve([1]))).to.deep.equal([1]);
  });

  it('hides no mistake of the program', async () => {
    expect(await rejection(answering(Promise.reject(broken)))).to.equal(broken);
    expect(await rejection(ifItAnswers(Promise.reject(broken)))).to.equal(broken);
  });
});
