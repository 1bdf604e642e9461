import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HeldLine } from './held-line.ts';

const output = '\n  lines\n    ✔ are split\n\n\n12 passed, 0 failed, 1 skipped\n';

describe('output whose last line comes after everything else', () => {
  for (const size of [1, 2, 7, 1000]) {
    it(`passes on at once all before it, in pieces of ${size}`, () => {
      let passed = '';
      const held = new HeldLine((text) => (passed += text));
      for (let at = 0; at < output.length; at += size) held.write(output.slice(at, at + size));
      expect(held.rest).to.equal('12 passed, 0 failed, 1 skipped\n');
      expect(passed + held.rest).to.equal(output);
    });
  }

  it('has no last line when there was none, and one without a line break', () => {
    const passed: string[] = [];
    const held = new HeldLine((text) => passed.push(text));
    expect(held.rest).to.equal('');
    held.write('broken off');
    expect(held.rest).to.equal('broken off');
    held.write('\n');
    expect(held.rest).to.equal('broken off\n');
    expect(passed).to.deep.equal([]);
  });
});
