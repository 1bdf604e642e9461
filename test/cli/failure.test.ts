import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CliError, detailLines, failureOf } from '../../cli/failure.ts';
import { RpcError } from '../../rpc/errors.ts';

describe('a failure', () => {
  const errors: [string, unknown, number, number | null][] = [
    ['the daemon found', new RpcError('notFound', 'no such module'), 4, -32002],
    ['a module found', new RpcError(-7, 'out of funds'), 1, -7],
    ['of authentication', new RpcError('unauthenticated', 'no'), 5, -32001],
    ['to answer in time', new RpcError('timeout', 'slow'), 6, -32006],
    ['the client found', new CliError(3, 'not running'), 3, null],
    ['nobody foresaw', new Error('odd'), 1, null],
    ['that is no error at all', 'odd', 1, null],
  ];
  for (const [name, error, exitStatus, code] of errors) {
    it(`${name} has exit status ${exitStatus} and code ${String(code)}`, () => {
      expect(failureOf(error)).to.include({ exitStatus, code });
    });
  }

  const details: [string, unknown, string[]][] = [
    ['nothing without data', null, []],
    ['nothing for data of other kinds', { state: 'failed', output: [] }, []],
    ['what a module printed', { output: ['a', { text: 'b' }] }, ['last output:', '  | a', '  | b']],
    ['problems of a configuration', { problems: ['x.yaml:1:2: no'] }, ['x.yaml:1:2: no']],
    ['running params', { running_params: { speed: 5 } }, ['it runs with params {"speed":5}']],
  ];
  for (const [name, data, expected] of details) {
    it(`shows ${name}`, () => {
      expect(detailLines(data)).to.deep.equal(expected);
    });
  }
});
