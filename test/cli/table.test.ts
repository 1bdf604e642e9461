import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { paintFor } from '../../cli/color.ts';
import { displayWidth } from '../../cli/display.ts';
import { layoutTable, type Column } from '../../cli/table.ts';

interface Row {
  name: string;
  state: string;
  pid: string;
  note: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name, priority: 0 },
  { title: 'STATE', value: ({ state }) => state, priority: 1, style: () => 'green' },
  { title: 'PID', value: ({ pid }) => pid, priority: 2, align: 'right' },
  { title: 'NOTE', value: ({ note }) => note, priority: 3 },
];

const rows: readonly Row[] = [
  { name: 'trading', state: 'running', pid: '4121', note: 'fine' },
  { name: '価格', state: 'stopped', pid: '-', note: '' },
];

const paint = paintFor(false);

describe('a table', () => {
  it('aligns its columns by display width and ends no line with spaces', () => {
    expect(layoutTable(columns, rows, { columnsMax: null, paint })).to.deep.equal({
      lines: [
        'NAME     STATE     PID  NOTE',
        'trading  running  4121  fine',
        '価格     stopped     -',
      ],
      hidden: [],
    });
  });

  const widths: [number, string[]][] = [
    [28, []],
    [27, ['NOTE']],
    [22, ['NOTE']],
    [21, ['PID', 'NOTE']],
    [15, ['STATE', 'PID', 'NOTE']],
    [1, ['STATE', 'PID', 'NOTE']],
  ];
  for (const [columnsMax, hidden] of widths) {
    it(`hides ${hidden.join(', ') || 'nothing'} on a terminal of ${columnsMax} columns`, () => {
      expect(layoutTable(columns, rows, { columnsMax, paint }).hidden).to.deep.equal(hidden);
    });
  }

  it('fits the terminal whenever anything could be dropped, and says what was', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 12 });
    const row = fc.record({ name: cell, state: cell, pid: cell, note: cell });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.nat(60), (some, columnsMax) => {
        const { lines, hidden } = layoutTable(columns, some, { columnsMax, paint });
        if (hidden.length < 3) {
          for (const line of lines) expect(displayWidth(line)).to.be.at.most(columnsMax);
        }
        expect(lines).to.have.length(some.length + 1);
        expect(lines[0]?.split(/ {2,}/).length).to.equal(columns.length - hidden.length);
      }),
      { seed: 20261121 },
    );
  });

  it('escapes what cells hold, so that none can break a row', () => {
    const evil = { name: 'a\nb\t\u001b[2J', state: '', pid: '', note: '' };
    const { lines } = layoutTable(columns, [evil], { columnsMax: null, paint });
    expect(lines[1]).to.equal('a\\nb\\t\\x1b[2J');
  });

  it('colours cells without moving the columns after them', () => {
    const { lines } = layoutTable(columns, rows, { columnsMax: null, paint: paintFor(true) });
    expect(lines[1]).to.equal('trading  \u001b[32mrunning\u001b[39m  4121  fine');
  });
});
