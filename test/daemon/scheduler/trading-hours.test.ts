import { expect } from 'chai';
import { describe, it } from 'mocha';
import { failure } from '../../rpc/failure.ts';
import { dayMs, Desk, hourMs, minuteMs } from './desk.ts';

const days = [1, 2, 3, 4, 5];
const window = { start: '09:00', stop: '18:00', days, timezone: 'UTC' };
const open = (startsAt: string): Desk => new Desk(startsAt).open({}, window);

/** The edges and what they say, without the saves between. */
function told(desk: Desk): string[] {
  return desk.acts.filter((act) => act !== 'save');
}

describe('the trading window', () => {
  it('says what is wanted as soon as there is a daemon: up at 10:00, down at 20:00', () => {
    expect(told(open('2026-11-23T10:00:00Z'))).to.deep.equal(['hours up']);
    expect(told(open('2026-11-23T20:00:00Z'))).to.deep.equal(['hours down']);
    expect(told(open('2026-11-22T10:00:00Z')), 'a Sunday').to.deep.equal(['hours down']);
  });

  it('has two edges on each of its days, which are told as jobs (row 85)', async () => {
    const desk = open('2026-11-20T08:00:00Z');
    await desk.advance(4 * dayMs);
    expect(desk.fired('trading_start')).to.deep.equal(['11-20T09:00', '11-23T09:00']);
    expect(desk.fired('trading_stop')).to.deep.equal(['11-20T18:00', '11-23T18:00']);
    expect(told(desk).slice(0, 5)).to.deep.equal([
      'hours down',
      'hours up',
      'edge trading_start',
      'hours down',
      'edge trading_stop',
    ]);
    expect(desk.row('trading_start')).to.deep.equal({
      job: 'trading_start',
      spec: '09:00 on Mon-Fri',
      timezone: 'UTC',
      next: ['24', '25', '26', '27', '30'].map((day) => `2026-11-${day}T09:00:00.000Z`),
      last_run: '2026-11-23T09:00:00.000Z',
      last_result: { status: 'done', ended_at: '2026-11-23T09:00:00.000Z', error: null },
      paused: false,
    });
  });

  it('that ends on the next day shows the days on which it does', async () => {
    const night = { start: '22:00', stop: '06:00', days: [5, 7], timezone: 'Europe/Istanbul' };
    const desk = new Desk('2026-11-22T18:59:30Z').open({}, night);
    await desk.advance(minuteMs);
    expect(desk.fired('trading_start')).to.deep.equal(['11-22T19:00']);
    expect(desk.row('trading_stop')).to.include({ spec: '06:00 on Mon, Sat' });
    expect(desk.row('trading_stop').next[0]).to.equal('2026-11-23T03:00:00.000Z');
  });

  it('does not override who keeps the module down, and says who that is', async () => {
    const desk = open('2026-11-23T08:59:30Z');
    desk.keptDownBy = 'halted';
    await desk.advance(minuteMs);
    const at = '2026-11-23T09:00:00.000Z';
    expect(desk.told('schedule.skipped', 'trading_start')).to.deep.equal([
      { job: 'trading_start', at, reason: 'halted' },
    ]);
    expect(desk.row('trading_start').last_result?.status).to.equal('skipped');
    const refused = await failure(desk.scheduler.run('trading_start'));
    expect(refused).to.include({ code: -32007 });
    desk.keptDownBy = 'disabled';
    const disabled = await failure(desk.scheduler.run('trading_start'));
    expect(disabled.message).to.match(/disabled — set enabled: true .* config reload$/);
    await desk.advance(9 * hourMs);
    expect(desk.told('schedule.skipped', 'trading_stop')).to.deep.equal([]);
  });

  it('lets an edge count that came while no daemon was there, once', async () => {
    const desk = open('2026-11-23T17:00:00Z');
    await desk.dies();
    desk.setClock(2 * hourMs);
    desk.open({}, window);
    await desk.dies();
    desk.open({}, window);
    await desk.advance(minuteMs);
    expect(told(desk)).to.deep.equal(['hours up', 'hours down', 'edge trading_stop']);
  });

  it('leaves what is wanted as it is while its edge is paused, also over a kill', async () => {
    const desk = open('2026-11-23T17:59:30Z');
    await desk.scheduler.pause('trading_stop');
    await desk.advance(minuteMs);
    await desk.dies();
    desk.open({}, window);
    await desk.advance(minuteMs);
    expect(told(desk)).to.deep.equal(['hours up']);
    expect(desk.row('trading_stop').paused).to.equal(true);
    await desk.scheduler.resume('trading_stop');
    expect(told(desk).slice(1)).to.deep.equal(['hours down', 'edge trading_stop']);
  });

  it('changes nothing at once when an edge is paused, or one is resumed that has not come', async () => {
    const desk = open('2026-11-23T12:00:00Z');
    await desk.scheduler.pause('trading_start');
    await desk.scheduler.pause('trading_stop');
    await desk.scheduler.resume('trading_stop');
    await desk.advance(minuteMs);
    expect(told(desk)).to.deep.equal(['hours up']);
  });

  it('can be opened and closed by hand, until its next edge', async () => {
    const desk = open('2026-11-23T20:00:00Z');
    const row = await desk.scheduler.run('trading_start');
    expect(row.last_run).to.equal('2026-11-23T20:00:00.000Z');
    await desk.dies();
    desk.open({}, window);
    await desk.advance(hourMs);
    expect(told(desk)).to.deep.equal(['hours down', 'hours up', 'edge trading_start']);
    await desk.scheduler.run('trading_stop');
    expect(told(desk).slice(3)).to.deep.equal(['hours down', 'edge trading_stop']);
  });

  it('that was changed says at once what is wanted, which is no edge; without it nothing is said', () => {
    const desk = open('2026-11-23T20:00:00Z');
    desk.configure({}, { ...window, stop: '21:00' });
    expect(told(desk)).to.deep.equal(['hours down', 'hours up']);
    desk.configure({});
    expect(told(desk).slice(2)).to.deep.equal(['hours none']);
    expect(desk.scheduler.list()).to.deep.equal([]);
    expect(desk.scheduler.isScheduled('trading')).to.equal(false);
  });

  it('does not flap when the clock slips back over an edge, and follows one that was days ahead', async () => {
    const desk = open('2026-11-23T08:59:30Z');
    await desk.advance(minuteMs);
    desk.setClock(-2 * minuteMs);
    await desk.advance(3 * hourMs);
    expect(told(desk)).to.deep.equal(['hours down', 'hours up', 'edge trading_start']);
    desk.setClock(-2 * dayMs);
    await desk.advance(minuteMs);
    expect(told(desk).slice(3), 'a Saturday').to.deep.equal(['hours down', 'edge trading_stop']);
  });

  it('loses no day to a clock that was hours ahead until somebody set it', async () => {
    const desk = open('2026-11-23T19:00:00Z');
    desk.setClock(-8 * hourMs);
    await desk.advance(minuteMs);
    expect(told(desk)).to.deep.equal(['hours down', 'hours up', 'edge trading_start']);
  });

  it('leaves what is paused as it is, also when the clock is set back', async () => {
    const desk = open('2026-11-23T10:00:00Z');
    await desk.scheduler.pause('trading_stop');
    desk.setClock(-3 * hourMs);
    await desk.advance(minuteMs);
    expect(told(desk)).to.deep.equal(['hours up']);
  });
});
