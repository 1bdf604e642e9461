import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readMessage } from '../../rpc/envelope.ts';
import { isNestedDeeperThan } from '../../rpc/nesting.ts';

const seed = 20261121;

describe('reading a message', () => {
  it(`never throws and keeps a batch as long as it was (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const message = readMessage(JSON.stringify(value));
        if (Array.isArray(value) && value.length > 0 && value.length <= 100) {
          expect(message).to.have.property('kind', 'batch');
          expect(message).to.have.property('items').with.lengthOf(value.length);
        } else {
          expect(message).to.have.property('kind', 'single');
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  const notJson = ['', ' ', '{', '[', 'POST / HTTP/1.1', '\0', '{"a":1}}', '['.repeat(400_000)];
  for (const text of notJson) {
    it(`takes ${JSON.stringify(text.slice(0, 20))} for no JSON`, () => {
      expect(readMessage(text)).to.deep.equal({ kind: 'not_json' });
    });
  }

  it('takes a text that nests too deeply for no JSON, though it is complete', () => {
    const text = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(readMessage(text)).to.deep.equal({ kind: 'not_json' });
  });

  it('takes the auth member out of a call', () => {
    const text = '{"jsonrpc":"2.0","method":"m","params":{"auth":1},"auth":"t","id":1}';
    expect(readMessage(text)).to.deep.equal({
      kind: 'single',
      item: { kind: 'call', id: 1, method: 'm', params: { auth: 1 }, auth: 't' },
    });
  });
});

describe('nesting', () => {
  const table: [string, number, boolean][] = [
    ['[[1]]', 2, false],
    ['[[1]]', 1, true],
    ['{"a":{"b":[]}}', 3, false],
    ['{"a":{"b":[]}}', 2, true],
    ['["[[[[", "\\"[[[["]', 1, false],
    ['[[],[],[],[]]', 2, false],
  ];
  for (const [text, levels, isDeeper] of table) {
    it(`${text} is ${isDeeper ? '' : 'not '}deeper than ${levels}`, () => {
      expect(isNestedDeeperThan(levels, text)).to.equal(isDeeper);
    });
  }
});
