import { expect } from 'chai';
import { describe, it } from 'mocha';
import { cron, dayMs, Desk, hourMs, minuteMs } from './desk.ts';

const hourly = { hourly: cron('0 * * * *') };

describe('the scheduler, when the clock is set', () => {
  it('notices within a minute that the clock was set forward, and runs nothing twice when it is set back', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    await desk.advance(hourMs);
    desk.setClock(3 * hourMs);
    await desk.advance(minuteMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T09:00']);
    desk.setClock(-3 * hourMs);
    await desk.advance(4 * hourMs);
    const fired = ['06:00', '09:00', '07:00', '08:00', '10:00'].map((time) => `11-22T${time}`);
    expect(desk.fired('hourly')).to.deep.equal(fired);
  });

  it('tells that the clock was set back, and lists when its jobs run then', async () => {
    const desk = new Desk('2026-11-22T08:59:30Z').open(hourly);
    await desk.advance(minuteMs);
    desk.setClock(-3 * hourMs);
    await desk.advance(minuteMs);
    expect(desk.warnings.join()).to.match(/^the clock was set back: .* schedule list/);
    const next = desk.row('hourly').next.slice(0, 3);
    expect(next.map((time) => time.slice(11, 16))).to.deep.equal(['07:00', '08:00', '10:00']);
    await desk.advance(4 * hourMs);
    const fired = desk.fired('hourly').map((time) => time.slice(6));
    expect(fired).to.deep.equal(['09:00', '07:00', '08:00', '10:00']);
  });

  it('plans anew when a clock that was hours ahead is mended, also one that was while no daemon was there', async () => {
    for (const isKilled of [false, true]) {
      const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
      await desk.advance(hourMs);
      desk.setClock(12 * hourMs);
      await desk.advance(minuteMs);
      if (isKilled) await desk.dies();
      desk.setClock(-10 * hourMs);
      if (isKilled) desk.open(hourly);
      await desk.advance(11 * hourMs);
      const fired = desk.fired('hourly').map((time) => time.slice(6));
      const ahead = fired.splice(1, 1);
      expect(ahead, 'run while the clock was ahead').to.deep.equal(['18:00']);
      const due = ['06:00', '09:00', '10:00', '11:00', '12:00', '13:00', '14:00'];
      expect(fired).to.deep.equal([...due, '15:00', '16:00', '17:00', '19:00']);
    }
  });

  it('goes on after a pause that ended under a clock that was hours ahead', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    await desk.scheduler.pause('hourly');
    desk.setClock(12 * hourMs);
    await desk.scheduler.resume('hourly');
    desk.setClock(-12 * hourMs);
    await desk.advance(60000);
    await desk.advance(2 * hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T07:00']);
  });

  it('goes by a clock that was a year ahead by mistake once that is mended', async () => {
    const desk = new Desk('2027-11-22T05:59:30Z').open(hourly);
    await desk.advance(minuteMs);
    desk.setClock(-365 * dayMs);
    await desk.advance(hourMs + minuteMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T07:00']);
    expect(desk.row('hourly').last_run).to.match(/^2026-11-22T07:00/);
  });
});
