import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { csvLine, type CsvValue } from '../../cli/csv.ts';

const seed = 7_032_005;
const characters = ['a', '1', '=', '+', '-', '@', '"', ',', '\r', '\n', '\t', ';'];

describe('a line of CSV', () => {
  const cases: readonly (readonly [readonly CsvValue[], string])[] = [
    [['a', 'b'], 'a,b\r\n'],
    [[null, '', 0, true], ',,0,true\r\n'],
    [['a,b', 'say "x"', 'two\nlines', 'r\r'], '"a,b","say ""x""","two\nlines","r\r"\r\n'],
    [['-0.5', '+1', '-1e5', '0.57'], '-0.5,+1,-1e5,0.57\r\n'],
    [['=1+1', '+cmd', '-x', '@SUM(A1)'], "'=1+1,'+cmd,'-x,'@SUM(A1)\r\n"],
    [['\t=1', '\r=1', '\n=1'], `'\t=1,"'\r=1","'\n=1"\r\n`],
    [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"\r\n`],
    [['-1;=1', '-1+cmd|x'], "'-1;=1,'-1+cmd|x\r\n"],
    [['＝1', 'a=1'], "'＝1,a=1\r\n"],
  ];
  for (const [values, line] of cases) {
    it(`of ${JSON.stringify(values)} is ${JSON.stringify(line)}`, () =>
      expect(csvLine(values)).to.equal(line));
  }

  it(`is read back as it was by a reader of RFC 4180, and no field begins as a formula does (seed ${seed})`, () => {
    const anyField = fc.string({ unit: fc.constantFrom(...characters) });
    fc.assert(
      fc.property(fc.array(anyField, { minLength: 1, maxLength: 5 }), (fields) => {
        const read = readLine(csvLine(fields));
        expect(read.map((field) => field.replace(/^'/, ''))).to.deep.equal(fields);
        for (const field of read) expect(field).to.match(/^(?![=@\t\r\n]|[+-](?!\d+$))/);
      }),
      { seed, numRuns: 500 },
    );
  });
});

/** One record, by the grammar of RFC 4180. */
function readLine(line: string): string[] {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const [match = '', quoted, plain] =
      /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r\n$)/.exec(rest) ?? [];
    if (match === '') throw new Error(`no CSV: ${JSON.stringify(line)}`);
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    rest = rest.slice(match.length);
    if (!match.endsWith(',')) return fields;
  }
}
