import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RpcError } from '../../../rpc/errors.ts';
import { failure } from '../../rpc/failure.ts';
import { cron, dayMs, Desk, hourMs, minuteMs } from './desk.ts';

const at = (time: string, days: readonly number[] | null = null) => ({
  times: { kind: 'at', at: time, days } as const,
});
const hourly = { hourly: cron('0 * * * *') };

describe('the scheduler', () => {
  it('runs 09:00 on Monday to Friday in Istanbul and every quarter of an hour, each once (row 84)', async () => {
    const desk = new Desk('2026-11-20T05:30:00Z').open({
      open: { ...at('09:00', [1, 2, 3, 4, 5]), timezone: 'Europe/Istanbul' },
      quarter: cron('*/15 8-9 * * *'),
    });
    await desk.advance(4 * dayMs);
    expect(desk.fired('open')).to.deep.equal(['11-20T06:00', '11-23T06:00']);
    expect(desk.fired('quarter')).to.have.length(4 * 8);
    expect(new Set(desk.fired('quarter'))).to.have.property('size', 4 * 8);
    expect(desk.calls('quarter')).to.equal(4 * 8);
  });

  it('lets a job that fails, or throws, disturb no other, and tells it (rows 84, 85)', async () => {
    const desk = new Desk('2026-11-22T05:00:30Z');
    desk.answer = (job) => {
      if (job === 'bad') return Promise.reject(new RpcError('methodNotFound', 'no such method'));
      if (job === 'worse') throw new TypeError('a fault of our own');
      return Promise.resolve({});
    };
    desk.open({ bad: cron('* * * * *'), worse: cron('* * * * *'), good: cron('* * * * *') });
    await desk.advance(3 * minuteMs);
    for (const job of ['bad', 'worse', 'good']) expect(desk.calls(job), job).to.equal(3);
    expect(desk.told('schedule.failed', 'bad')[0]).to.deep.equal({
      job: 'bad',
      at: '2026-11-22T05:01:00.000Z',
      error: { code: -32601, message: 'no such method' },
    });
    expect(desk.told('schedule.failed', 'worse')).to.have.length(3);
    expect(desk.row('worse').last_result).to.include({ status: 'failed' });
    expect(desk.row('good').last_result).to.include({ status: 'done', error: null });
  });

  it('says nothing of many jobs that run at the same time', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    const names = Array.from({ length: 20 }, (_, at) => `job-${at}`);
    const desk = new Desk('2026-11-22T05:59:30Z').open(
      Object.fromEntries(names.map((name) => [name, cron('0 * * * *')])),
    );
    desk.answer = () => new Promise(() => undefined);
    await desk.advance(minuteMs);
    for (const name of names) expect(desk.row(name).last_result?.status).to.equal('running');
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
  });

  it('has on the disk that a job is due before it calls', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z').open(hourly);
    desk.answer = () => {
      const { settled, last_result } = desk.stored.jobs['hourly'] ?? {};
      expect(settled).to.equal('2026-11-22T06:00:00.000Z');
      expect(last_result?.status).to.equal('running');
      return Promise.resolve({});
    };
    await desk.advance(minuteMs);
    expect(desk.acts.slice(-3)).to.deep.equal(['save', 'call hourly', 'save']);
    expect(desk.row('hourly').last_result?.status).to.equal('done');
  });

  it('does not run again what a daemon killed before the call had begun, and says so', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z').open(hourly);
    desk.answer = () => new Promise(() => undefined);
    await desk.advance(minuteMs);
    await desk.dies();
    desk.answer = () => Promise.resolve({});
    desk.open(hourly);
    await desk.advance(minuteMs);
    expect(desk.calls('hourly')).to.equal(1);
    expect(desk.row('hourly').last_result?.status).to.equal('interrupted');
    await desk.advance(hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T07:00']);
  });

  const catchUps = [
    ['skip', []],
    ['once', ['11-22T10:00']],
    [{ all: 3 }, ['11-22T08:00', '11-22T09:00', '11-22T10:00']],
  ] as const;
  for (const [catchUp, expected] of catchUps) {
    it(`after downtime does with missed runs what catch_up says: ${JSON.stringify(catchUp)}`, async () => {
      const jobs = { hourly: cron('0 * * * *', { catchUp }) };
      const desk = new Desk('2026-11-22T04:59:30Z').open(jobs);
      await desk.advance(minuteMs);
      await desk.dies();
      desk.setClock(5 * hourMs + 10 * minuteMs);
      desk.open(jobs);
      await desk.advance(minuteMs);
      expect(desk.fired('hourly')).to.deep.equal(['11-22T05:00', ...expected]);
      expect(desk.told('schedule.missed', 'hourly')).to.deep.include({
        job: 'hourly',
        at: new Date(desk.nowMs - minuteMs).toISOString(),
        count: 5 - expected.length,
      });
      const triggers = desk.told('schedule.fired', 'hourly').map(({ trigger }) => trigger);
      expect(triggers).to.deep.equal(['time', ...expected.map(() => 'catch_up')]);
    });
  }

  it('catches up the rest when a daemon is killed half-way, and nothing twice', async () => {
    const jobs = { hourly: cron('0 * * * *', { catchUp: { all: 4 } }) };
    const desk = new Desk('2026-11-22T04:59:30Z').open(jobs);
    await desk.advance(minuteMs);
    await desk.dies();
    desk.setClock(4 * hourMs + 10 * minuteMs);
    desk.answer = () =>
      desk.calls('hourly') < 3 ? Promise.resolve({}) : new Promise(() => undefined);
    desk.open(jobs);
    await desk.advance(minuteMs);
    await desk.dies();
    desk.answer = () => Promise.resolve({});
    desk.open(jobs);
    await desk.advance(minuteMs);
    expect(desk.fired('hourly').map((time) => time.slice(6))).to.deep.equal([
      '05:00',
      '06:00',
      '07:00',
      '08:00',
      '09:00',
    ]);
  });

  it('runs a paused job neither when it is due nor afterwards, and remembers that over a kill', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    expect((await desk.scheduler.pause('hourly')).paused).to.equal(true);
    await desk.dies();
    desk.open(hourly);
    await desk.advance(2 * hourMs);
    expect(desk.fired('hourly')).to.deep.equal([]);
    expect(desk.row('hourly').next[0]).to.equal('2026-11-22T08:00:00.000Z');
    expect((await desk.scheduler.resume('hourly')).paused).to.equal(false);
    await desk.advance(hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T08:00']);
  });

  it('runs a job at once when asked, also a paused one, which changes nothing of its times', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    await desk.scheduler.pause('hourly');
    const row = await desk.scheduler.run('hourly');
    expect(row).to.include({ job: 'hourly', last_run: '2026-11-22T05:30:00.000Z', paused: true });
    expect(row.last_result?.status).to.equal('running');
    await desk.advance(0);
    expect(desk.row('hourly').last_result?.status).to.equal('done');
    await desk.scheduler.resume('hourly');
    await desk.advance(hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T05:30', '11-22T06:00']);
  });

  it('knows no job by a name that none has, also not one of every object', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    for (const name of ['nope', 'constructor', '__proto__', '', 'trading_start']) {
      const error = await failure(desk.scheduler.run(name));
      expect(error, name).to.include({ code: -32002 });
      expect(error.message).to.equal(`there is no job "${name}" — configured: hourly`);
    }
  });

  it('takes another configuration without a restart: what stays the same knows what it knew', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open({ ...hourly, gone: cron('30 * * * *') });
    await desk.advance(hourMs);
    await desk.scheduler.pause('hourly');
    const { last_run } = desk.row('hourly');
    desk.configure({ hourly: cron('0 * * * *', { params: { module: 'x' } }), added: at('07:15') });
    expect(desk.row('hourly')).to.include({ last_run, paused: true });
    await desk.scheduler.resume('hourly');
    desk.configure({ hourly: cron('45 * * * *'), added: at('07:15') });
    await desk.advance(hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T06:45']);
    expect(desk.fired('added')).to.deep.equal(['11-22T07:15']);
    expect(desk.fired('gone')).to.deep.equal(['11-22T06:30']);
    expect(Object.keys(desk.scheduler.memory.jobs)).to.deep.equal(['hourly', 'added']);
  });

  it('knows a job again that a reload took out and another put back while it ran', async () => {
    let done = (): void => undefined;
    const desk = new Desk('2026-11-22T05:59:30Z');
    desk.answer = () => new Promise((resolve) => (done = () => resolve({})));
    desk.open(hourly);
    await desk.advance(minuteMs);
    await desk.scheduler.pause('hourly');
    const { last_run } = desk.row('hourly');
    desk.configure({});
    await desk.advance(hourMs / 2);
    desk.configure(hourly);
    expect(desk.row('hourly')).to.include({ last_run, paused: true });
    expect(await failure(desk.scheduler.run('hourly'))).to.include({ code: -32007 });
    await desk.scheduler.resume('hourly');
    done();
    await desk.advance(0);
    expect(desk.row('hourly').last_result?.status).to.equal('done');
    await desk.advance(hourMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00', '11-22T07:00']);
  });

  it('has forgotten a job that a reload took out once it has ended', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z').open(hourly);
    await desk.advance(minuteMs);
    desk.configure({});
    desk.configure(hourly);
    expect(desk.row('hourly')).to.include({ last_run: null, last_result: null });
  });

  it('does not take for missed what another spec would have run while no daemon was there', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    await desk.advance(hourMs);
    await desk.dies();
    desk.setClock(3 * hourMs);
    desk.open({ hourly: cron('45 * * * *') });
    await desk.advance(minuteMs);
    expect(desk.fired('hourly')).to.deep.equal(['11-22T06:00']);
    expect(desk.told('schedule.missed', 'hourly')).to.deep.equal([]);
  });

  it('leaves a job paused whose times are changed', async () => {
    const desk = new Desk('2026-11-22T05:30:00Z').open(hourly);
    await desk.scheduler.pause('hourly');
    desk.configure({ hourly: cron('45 * * * *') });
    await desk.advance(hourMs);
    expect(desk.row('hourly')).to.include({ spec: '45 * * * *', paused: true, last_run: null });
  });

  it('runs what is due though the disk is full', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z').open(hourly);
    desk.diskIsFull = true;
    await desk.advance(minuteMs);
    expect(desk.calls('hourly')).to.equal(1);
  });

  it('runs nothing any more once it is stopped, which may be before it was started', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z').open(hourly);
    await desk.scheduler.stop();
    await desk.scheduler.stop();
    expect(await failure(desk.scheduler.run('hourly'))).to.include({ code: -32007 });
    desk.configure({ minutely: cron('* * * * *') });
    await desk.advance(2 * hourMs);
    expect(desk.acts.filter((act) => act.startsWith('call'))).to.deep.equal([]);
  });
});
