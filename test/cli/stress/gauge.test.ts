import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Paint } from '../../../cli/color.ts';
import { drawGauge, drawSparkline, stressStyle } from '../../../cli/stress/gauge.ts';
import { thresholds } from './samples.ts';

const seed = 20261122;
const plain: Paint = (_style, text) => text;
const marked: Paint = (style, text) => `<${style} ${text}>`;

describe('the stress gauge', () => {
  it('is green below 30, yellow from 30 on and red from 60 on (row 44)', () => {
    const styles = [0, 29, 29.9, 30, 59, 59.9, 60, 100].map((total) =>
      stressStyle(total, thresholds),
    );
    const expected = ['green', 'green', 'green', 'yellow', 'yellow', 'yellow', 'red', 'red'];
    expect(styles).to.deep.equal(expected);
  });

  it('goes by the thresholds that the module has, whatever they are', () => {
    const own = { elevation_threshold: 20, critical_threshold: 90 };
    expect([19, 20, 60, 90].map((total) => stressStyle(total, own))).to.deep.equal([
      'green',
      'yellow',
      'yellow',
      'red',
    ]);
  });

  it('is filled to an eighth of a column', () => {
    const draw = (total: number) => drawGauge(total, thresholds, { columns: 10, paint: marked });
    expect(draw(0)).to.equal('<green ><dim ░░░░░░░░░░>');
    expect(draw(55)).to.equal('<yellow █████▌><dim ░░░░>');
    expect(draw(100)).to.equal('<red ██████████><dim >');
  });

  it(`is as wide as it was told to be, and no lower for more (seed ${seed})`, () => {
    const total = fc.double({ min: -10, max: 150, noNaN: true });
    fc.assert(
      fc.property(total, total, fc.integer({ min: 1, max: 200 }), (one, other, columns) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((value) =>
          drawGauge(value, thresholds, { columns, paint: plain }),
        );
        expect(low).to.have.length(columns);
        expect(low!.replace(/░+$/, '').length).to.be.at.most(high!.replace(/░+$/, '').length);
      }),
      { seed },
    );
  });
});

describe('a sparkline', () => {
  it('shows a 0 that was measured, and nothing where nothing was', () => {
    expect(drawSparkline([0, null, 50, 100], thresholds, marked)).to.equal(
      '<green ▁> <yellow ▄><red █>',
    );
  });
});
