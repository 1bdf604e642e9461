import { expect } from 'chai';
import { describe, it } from 'mocha';
import { paintFor } from '../../cli/color.ts';
import { formatLogLine, rawLogLine } from '../../cli/log-lines.ts';
import { isAtLeast } from '../../rpc/log-files.ts';
import type { LogLevel, LogLine } from '../../rpc/shapes.ts';

const line: LogLine = {
  seq: 1,
  time: '2026-11-21T12:00:00.000Z',
  module: 'trading',
  stream: 'stdout',
  level: 'info',
  text: 'started',
};
const plain = { paint: paintFor(false), escape: true };

describe('a log line', () => {
  const shown: [string, Partial<LogLine>, string][] = [
    ['with its level', {}, 'trading info   started'],
    ['with its stream where it has no level', { level: null }, 'trading stdout started'],
    [
      'with its fields',
      { fields: { price: '10.50', ok: true, why: 'a b' } },
      'trading info   started price=10.50 ok=true why="a b"',
    ],
    ['as cut where it goes on', { cont: true }, 'trading info   started …'],
    ['escaped, tabs kept', { text: 'a\t\u001b[2Jb' }, 'trading info   a\t\\x1b[2Jb'],
    ['with escaped fields', { fields: { 'k\n': '\u009b' } }, 'trading info   started k\\n=\\x9b'],
  ];
  for (const [name, change, expected] of shown) {
    it(`is shown ${name}`, () => {
      expect(formatLogLine({ ...line, ...change }, plain)).to.equal(`${line.time} ${expected}`);
    });
  }

  it('keeps its control characters where no terminal is harmed', () => {
    const colored = { ...line, text: '\u001b[31mred' };
    expect(formatLogLine(colored, { ...plain, escape: false })).to.contain('\u001b[31mred');
  });

  it('is raw as the module wrote it, its parts joined', () => {
    const parts = [
      { ...line, text: 'a\u001b', cont: true },
      { ...line, text: 'b' },
    ];
    expect(parts.map(rawLogLine).join('')).to.equal('a\u001bb\n');
  });

  const levels: [LogLevel | null, LogLevel, boolean][] = [
    ['warn', 'warn', true],
    ['error', 'warn', true],
    ['info', 'warn', false],
    [null, 'info', true],
    [null, 'warn', false],
  ];
  for (const [level, least, expected] of levels) {
    it(`of level ${String(level)} ${expected ? 'passes' : 'does not pass'} --level ${least}`, () => {
      expect(isAtLeast({ ...line, level }, least)).to.equal(expected);
    });
  }
});
