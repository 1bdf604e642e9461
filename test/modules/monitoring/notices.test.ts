import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Culprit, Pause } from '../../../modules/monitoring/happening.ts';
import {
  captureNotice,
  criticalNotice,
  elevatedNotice,
  pauseNotice,
} from '../../../modules/monitoring/notices.ts';
import { calm, type Stress } from '../../../modules/monitoring/stress.ts';
import { hog, settings as monitorSettings } from './monitor/played.ts';

const settings = monitorSettings.alerts;
const stress: Stress = {
  ...calm,
  total: 72,
  reasons: ['load 9.0 on 2 cores: 40 of 40', 'b', 'c', 'd'],
};
const culprits: Culprit[] = [{ process: hog, why: 'cpu', share: '150 % of a core' }];
const capture = {
  folder: '2026-11-22_03-12-21',
  files: [{ failure: null }, { failure: 'no such program' }, { failure: null }],
};

function pauseOf(actualMs: number): Pause {
  const expectedMs = 500;
  const [excessMs, latencyRatio] = [actualMs - expectedMs, actualMs / expectedMs];
  return { cause: 'process', actualMs, expectedMs, excessMs, latencyRatio };
}

function episodeOf(criticalForMs: number, total = 72, isTold = false) {
  return { criticalForMs, stress: { ...stress, total }, culprits, isTold };
}

describe('notices', () => {
  it('say nothing of anything when they are disabled (row 38)', () => {
    const disabled = { ...settings, elevatedEntered: true, enabled: false };
    expect(pauseNotice(disabled, pauseOf(60_000), [])).to.equal(null);
    expect(elevatedNotice(disabled, stress, [])).to.equal(null);
    expect(criticalNotice(disabled, episodeOf(60_000))).to.equal(null);
    expect(captureNotice(disabled, capture)).to.equal(null);
  });

  it('say nothing of what is switched off (row 38)', () => {
    const off = { criticalStress: false, pauseDetected: false, forensicsCompleted: false };
    expect(pauseNotice({ ...settings, ...off }, pauseOf(60_000), [])).to.equal(null);
    expect(criticalNotice({ ...settings, ...off }, episodeOf(60_000))).to.equal(null);
    expect(captureNotice({ ...settings, ...off }, capture)).to.equal(null);
    expect(elevatedNotice(settings, stress, [])).to.equal(null);
  });

  const pauses: [ms: number, isTold: boolean][] = [
    [1900, false],
    [1999, false],
    [2000, true],
    [2100, true],
  ];
  for (const [ms, isTold] of pauses) {
    it(`${isTold ? 'tell' : 'say nothing'} of a pause of ${ms} ms (row 38)`, () => {
      expect(pauseNotice(settings, pauseOf(ms), []) !== null).to.equal(isTold);
    });
  }

  it('tell what was lost in a pause, what was measured, and who was at it', () => {
    expect(pauseNotice(settings, pauseOf(2100), culprits)).to.deep.equal({
      severity: 'warning',
      type: 'pause_detected',
      message:
        'paused for 1.6 s (2.1 s between two samples instead of 0.5 s): the monitor was not run, though the machine was — heaviest: hog (pid 4711 of collector, 150 % of a core)',
    });
  });

  it('tell a machine that stood still from a process that did', () => {
    const notice = pauseNotice(settings, { ...pauseOf(9000), cause: 'machine' }, []);
    expect(notice?.message).to.equal(
      'paused for 8.5 s (9.0 s between two samples instead of 0.5 s): the machine itself stood still, or was not given its cores',
    );
  });

  it('tell of a level that is entered when that is wanted', () => {
    expect(elevatedNotice({ ...settings, elevatedEntered: true }, stress, [])).to.deep.equal({
      severity: 'warning',
      type: 'elevated_entered',
      message:
        'the stress of this host is elevated: 72 of 100 (load 9.0 on 2 cores: 40 of 40; b; c)',
    });
  });

  const episodes: [criticalForMs: number, total: number, isTold: boolean, isNow: boolean][] = [
    [0, 100, false, false],
    [29_999, 100, false, false],
    [30_000, 100, false, true],
    [30_000, 60, false, true],
    [30_000, 59, false, false],
    [31_000, 100, true, false],
    [3_600_000, 100, true, false],
  ];
  for (const [ms, total, isTold, isNow] of episodes) {
    const already = isTold ? ', told already' : '';
    it(`${isNow ? 'tell' : 'say nothing'} of ${total} after ${ms} ms${already} (row 37)`, () => {
      expect(criticalNotice(settings, episodeOf(ms, total, isTold)) !== null).to.equal(isNow);
    });
  }

  it('tell how long it has been critical, and why', () => {
    expect(criticalNotice(settings, episodeOf(30_000))).to.deep.equal({
      severity: 'critical',
      type: 'critical_stress',
      message:
        'the stress of this host has been critical for 30.0 s: 72 of 100 (load 9.0 on 2 cores: 40 of 40; b; c) — heaviest: hog (pid 4711 of collector, 150 % of a core)',
    });
  });

  it('tell that a capture is done, and how much of it is missing (row 38)', () => {
    expect(captureNotice(settings, capture)).to.deep.equal({
      severity: 'info',
      type: 'forensics_completed',
      message: 'captured what was going on: 2 files in 2026-11-22_03-12-21, 1 could not be had',
    });
  });

  it('name three culprits at most', () => {
    const many = new Array<Culprit[]>(9).fill(culprits).flat();
    const message = pauseNotice(settings, pauseOf(2100), many)?.message ?? '';
    expect(message.match(/hog/g)).to.have.length(3);
  });
});
