import { expect } from 'chai';
import { describe, it } from 'mocha';
import { databaseError, type Phase } from '../../../../modules/api/database/failure.ts';

describe('why a statement failed', () => {
  for (const [code, phase, kind, mayHaveHappened] of [
    ['ECONNREFUSED', 'connect', 'unavailable', false],
    ['ENOENT', 'connect', 'unavailable', false],
    ['EACCES', 'connect', 'refused', false],
    ['57P03', 'connect', 'unavailable', false],
    ['53300', 'connect', 'unavailable', false],
    ['28P01', 'connect', 'refused', false],
    ['3D000', 'connect', 'refused', false],
    ['EPIPE', 'statement', 'lost', true],
    ['ECONNRESET', 'statement', 'lost', true],
    ['ECONNRESET', 'within_transaction', 'lost', false],
    ['57P01', 'statement', 'lost', true],
    ['57P01', 'within_transaction', 'lost', false],
    ['40001', 'statement', 'conflict', false],
    ['40P01', 'within_transaction', 'conflict', false],
    ['55P03', 'within_transaction', 'timeout', false],
    ['22P02', 'statement', 'data', false],
    ['23505', 'statement', 'data', false],
    ['23514', 'statement', 'data', false],
    ['54000', 'statement', 'data', false],
    ['P0001', 'statement', 'data', false],
    ['53100', 'statement', 'resources', false],
    ['58030', 'statement', 'resources', false],
    ['42P01', 'statement', 'refused', false],
    ['42501', 'statement', 'refused', false],
    ['25006', 'statement', 'refused', false],
    ['XX000', 'statement', 'refused', true],
  ] as const satisfies readonly (readonly [string, Phase, string, boolean])[]) {
    it(`is "${kind}" for ${code} while it was in the phase ${phase}`, () => {
      const cause = Object.assign(new Error('the server said'), { code });
      const error = databaseError(cause, 'run a statement', phase);
      expect(error).to.include({ kind, mayHaveHappened, cause });
      expect(error.message).to.match(/^cannot run a statement: the server said/);
    });
  }

  it('is the first of several addresses that all failed', () => {
    const each = ['::1', '127.0.0.1'].map((host) =>
      Object.assign(new Error(`connect ECONNREFUSED ${host}:5432`), { code: 'ECONNREFUSED' }),
    );
    const error = databaseError(new AggregateError(each, ''), 'connect', 'connect');
    expect(error.kind).to.equal('unavailable');
    expect(error.message).to.include('connect ECONNREFUSED ::1:5432');
  });
});
