import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { cutDisplay, displayWidth, escapeControls, padDisplay } from '../../cli/display.ts';

describe('text on a terminal', () => {
  const escapes: [string, string, string][] = [
    ['a colour sequence', '\u001b[31mred', '\\x1b[31mred'],
    ['a line break', 'a\nb\r', 'a\\nb\\r'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['the one-byte CSI', 'a\u009b2J', 'a\\x9b2J'],
    ['delete', '\u007f', '\\x7f'],
    ['a bidirectional override', 'user\u202etxt', 'user\\u202etxt'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['plain text of any script', 'größe 価格 🚀', 'größe 価格 🚀'],
  ];
  for (const [name, text, expected] of escapes) {
    it(`shows ${name} as ${JSON.stringify(expected)}`, () => {
      expect(escapeControls(text)).to.equal(expected);
    });
  }

  it('keeps the controls that it is told to keep', () => {
    expect(escapeControls('a\tb\n', '\t')).to.equal('a\tb\\n');
  });

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeControls(text)).to.not.match(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      }),
      { seed: 20261121 },
    );
  });

  const widths: [string, number][] = [
    ['', 0],
    ['trading', 7],
    ['é', 1],
    ['e\u0301', 1],
    ['価格', 4],
    ['한국', 4],
    ['🚀', 2],
    ['a\u200bb', 2],
  ];
  for (const [text, width] of widths) {
    it(`counts ${width} columns for ${JSON.stringify(text)}`, () => {
      expect(displayWidth(text)).to.equal(width);
    });
  }

  it('pads by columns, not by characters, and leaves longer text as it is', () => {
    expect(padDisplay('価格', 6, 'left')).to.equal('価格  ');
    expect(padDisplay('42', 4, 'right')).to.equal('  42');
    expect(padDisplay('trading', 3, 'left')).to.equal('trading');
  });

  it('cuts by columns, says so by an ellipsis within them, and leaves what fits as it is', () => {
    expect(cutDisplay('trading', 7)).to.equal('trading');
    expect(cutDisplay('trading', 6)).to.equal('tradi…');
    expect(cutDisplay('not ready', 5)).to.equal('not…');
    expect(cutDisplay('価格価格', 6)).to.equal('価格…');
  });
});
