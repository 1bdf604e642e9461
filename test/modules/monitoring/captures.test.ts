import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Captured, Captures } from '../../../modules/monitoring/captures.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { pauseRequest } from './forensics/requests.ts';
import { hangingStore } from './monitor/played.ts';

describe('the captures of happenings', () => {
  it('are told when they are complete, though the store never takes their names', async () => {
    const clock = new FakeClock();
    const folder = '2026-11-22_03-04-05';
    const capture = { folder, finished: Promise.resolve([]) };
    const forensics = { capture: () => Promise.resolve(capture), stop: () => Promise.resolve() };
    const warned: string[] = [];
    const log = { warn: (message: string) => void warned.push(message) };
    const told: Captured[] = [];
    const onFinished = (captured: Captured) => void told.push(captured);
    const captures = new Captures({ forensics, store: hangingStore, clock, log, onFinished });
    captures.begin(7, pauseRequest());
    await clock.advance(5000);
    await captures.stop();
    expect(told).to.deep.equal([{ id: 7, folder, trigger: 'pause', files: [] }]);
    expect(warned).to.deep.equal([`event 7 does not name its capture ${folder}`]);
  });
});
