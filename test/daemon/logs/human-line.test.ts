import { expect } from 'chai';
import { describe, it } from 'mocha';
import { humanLine } from '../../../daemon/logs/human-line.ts';

const line = {
  seq: 1,
  time: '2026-01-31T09:00:01.500Z',
  module: 'daemon',
  stream: 'stdout',
  level: 'warn',
  text: 'a disk is full',
};

describe('a log line for a person', () => {
  it('is one line of time, level, text and the fields as name=value (row 69)', () => {
    const stored = { ...line, fields: { module: 'trading', pid: 7, tags: ['a'] } };
    expect(humanLine(JSON.stringify(stored))).to.equal(
      '09:00:01 WARN  a disk is full module=trading pid=7 tags=["a"]\n',
    );
  });

  it('has an empty level where the line has none', () => {
    expect(humanLine(JSON.stringify({ ...line, level: null }))).to.equal(
      '09:00:01       a disk is full\n',
    );
  });

  it('shows control characters escaped, so that a log cannot drive the terminal', () => {
    const text = 'a\x1b[2Jb\nc\td\x7fe\x9bf\0g';
    const shown = humanLine(JSON.stringify({ ...line, text, fields: { at: text } }));
    const escaped = 'a\\x1b[2Jb\\x0ac\td\\x7fe\\x9bf\\x00g';
    expect(shown).to.equal(`09:00:01 WARN  ${escaped} at=${escaped}\n`);
  });
});
