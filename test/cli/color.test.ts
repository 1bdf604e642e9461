import { expect } from 'chai';
import { describe, it } from 'mocha';
import { paintFor, wantsColor, type ColorQuestion } from '../../cli/color.ts';

describe('colour', () => {
  const terminal: ColorQuestion = { isTTY: true, env: { TERM: 'xterm' }, allowed: true };
  const cases: [string, ColorQuestion, boolean][] = [
    ['on a terminal', terminal, true],
    ['off in a pipe', { ...terminal, isTTY: false }, false],
    ['off with --no-color', { ...terminal, allowed: false }, false],
    ['off with NO_COLOR', { ...terminal, env: { NO_COLOR: '1' } }, false],
    ['on with an empty NO_COLOR', { ...terminal, env: { NO_COLOR: '' } }, true],
    ['off on a dumb terminal', { ...terminal, env: { TERM: 'dumb' } }, false],
  ];
  for (const [name, question, expected] of cases) {
    it(`is ${name}`, () => {
      expect(wantsColor(question)).to.equal(expected);
    });
  }

  it('is decided here alone, not by what Node thinks of this process', () => {
    expect(paintFor(true)('red', 'x')).to.equal('\u001b[31mx\u001b[39m');
    expect(paintFor(false)('red', 'x')).to.equal('x');
  });
});
