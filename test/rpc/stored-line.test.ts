import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseStoredLine } from '../../rpc/stored-line.ts';

const isText = (value: unknown): value is string => typeof value === 'string';

describe('a line of a file that is only appended to', () => {
  const rows: [string, string, string | null][] = [
    ['what it holds', '"bought"', 'bought'],
    ['nothing when it is empty', '', null],
    ['nothing when a power loss has left half of it', '"bou', null],
    ['nothing when it is something else', '7', null],
  ];
  for (const [title, line, expected] of rows) {
    it(`is read as ${title}`, () => {
      expect(parseStoredLine(line, isText)).to.equal(expected);
    });
  }
});
