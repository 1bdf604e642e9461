import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ModuleEnd } from '../../../daemon/scheduler/context.ts';
import { RpcError } from '../../../rpc/errors.ts';
import { failure } from '../../rpc/failure.ts';
import { cron, Desk, hourMs, type Jobs, minuteMs } from './desk.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const start = { method: 'module.start', params: { module: 'backtest' } } as const;

describe('a job that is due while it runs', () => {
  /** Calls wait until they are let go, one by one. */
  function slow(jobs: Jobs): Desk & { done: () => void } {
    const waiting: (() => void)[] = [];
    const desk = new Desk('2026-11-22T05:59:30Z');
    desk.answer = () => new Promise((resolve) => waiting.push(() => resolve({})));
    return Object.assign(desk.open(jobs), { done: () => waiting.shift()?.() });
  }

  it('is left out with overlap skip, which is told', async () => {
    const desk = slow({ job: cron('* * * * *') });
    await desk.advance(3 * minuteMs);
    expect(desk.calls('job')).to.equal(1);
    expect(desk.told('schedule.skipped', 'job')).to.deep.equal([
      { job: 'job', at: '2026-11-22T06:01:00.000Z', reason: 'running' },
      { job: 'job', at: '2026-11-22T06:02:00.000Z', reason: 'running' },
    ]);
    desk.done();
    await desk.advance(minuteMs);
    expect(desk.fired('job')).to.deep.equal(['11-22T06:00', '11-22T06:03']);
  });

  it('waits with overlap queue, but never more than one run', async () => {
    const desk = slow({ job: cron('* * * * *', { overlap: 'queue' }) });
    await desk.advance(4 * minuteMs);
    expect(desk.told('schedule.skipped', 'job').map((data) => data['at'])).to.deep.equal([
      '2026-11-22T06:02:00.000Z',
      '2026-11-22T06:03:00.000Z',
    ]);
    desk.done();
    await desk.advance(0);
    expect(desk.fired('job')).to.deep.equal(['11-22T06:00', '11-22T06:01']);
  });

  it('is refused to an operator, unless it may wait and none does', async () => {
    const desk = slow({ skips: cron('0 6 * * *'), waits: cron('0 6 * * *', { overlap: 'queue' }) });
    await desk.advance(minuteMs);
    const refused = await failure(desk.scheduler.run('skips'));
    expect(refused).to.include({ code: -32007 });
    expect(refused).to.deep.include({ data: { reason: 'running' } });
    await desk.scheduler.run('waits');
    expect((await failure(desk.scheduler.run('waits'))).message).to.match(/waits already/);
  });

  it('loses what waits when it is paused, and what runs goes on', async () => {
    const desk = slow({ job: cron('* * * * *', { overlap: 'queue' }) });
    await desk.advance(2 * minuteMs);
    await desk.scheduler.pause('job');
    desk.done();
    await desk.advance(2 * minuteMs);
    expect(desk.calls('job')).to.equal(1);
    expect(desk.row('job').last_result?.status).to.equal('done');
  });

  it('is free again an hour after a call that is never answered, whose signal is aborted', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z');
    const signals: AbortSignal[] = [];
    desk.answer = (_job, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    desk.open({ job: cron('0 */2 * * *') });
    await desk.advance(hourMs + minuteMs);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    expect(desk.row('job').last_result?.error).to.include({ code: -32006 });
    await desk.advance(hourMs);
    expect(desk.fired('job')).to.deep.equal(['11-22T06:00', '11-22T08:00']);
  });
});

describe('a job whose daemon is killed during its call', () => {
  it('is not run again, and that is told', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z');
    desk.answer = () => new Promise(() => undefined);
    desk.open({ job: cron('0 6 * * *') });
    await desk.advance(minuteMs);
    await desk.dies();
    desk.open({ job: cron('0 6 * * *') });
    await desk.advance(minuteMs);
    expect(desk.calls('job')).to.equal(1);
    expect(desk.row('job').last_result?.status).to.equal('interrupted');
    expect(desk.warnings).to.deep.equal(['a run of a job was interrupted']);
  });
});

describe('a job that runs often', () => {
  it('leaves nothing of its runs behind', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z');
    const signals: WeakRef<AbortSignal>[] = [];
    desk.answer = (_job, signal) => {
      signals.push(new WeakRef(signal));
      return Promise.resolve({});
    };
    desk.open({ job: cron('* * * * *') });
    await desk.advance(20 * minuteMs);
    collectGarbage();
    expect(signals).to.have.length(20);
    expect(signals.filter((signal) => signal.deref()).length).to.be.at.most(1);
  });
});

describe('a job that starts a module which ends by itself', () => {
  it('runs as long as the module does, and has its result', async () => {
    const ends: [ModuleEnd, status: string, told: number][] = [
      [{ status: 'done' }, 'done', 0],
      [{ status: 'failed', why: 'exited with code 3' }, 'failed', 1],
      [{ status: 'interrupted' }, 'interrupted', 0],
    ];
    for (const [end, status, told] of ends) {
      const desk = new Desk('2026-11-22T05:59:30Z');
      let finish = (): void => undefined;
      desk.end = () => new Promise((resolve) => (finish = () => resolve(end)));
      desk.open({ job: cron('* * * * *', start) });
      await desk.advance(2 * minuteMs);
      expect(desk.row('job').last_result?.status).to.equal('running');
      expect(desk.told('schedule.skipped', 'job')).to.have.length(1);
      finish();
      await desk.advance(0);
      expect(desk.row('job').last_result?.status).to.equal(status);
      expect(desk.told('schedule.failed', 'job')).to.have.length(told);
    }
  });

  it('runs on under the next daemon, so that it is not started a second time', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z');
    let finish = (): void => undefined;
    desk.end = () => new Promise((resolve) => (finish = () => resolve({ status: 'done' })));
    desk.open({ job: cron('* * * * *', start) });
    await desk.advance(minuteMs);
    await desk.dies();
    desk.open({ job: cron('* * * * *', start) });
    await desk.advance(minuteMs);
    expect(desk.calls('job')).to.equal(1);
    finish();
    await desk.advance(0);
    expect(desk.row('job').last_result?.status).to.equal('done');
    await desk.advance(minuteMs);
    expect(desk.calls('job')).to.equal(2);
  });

  it('is skipped, and has not failed, while an operator keeps the module down', async () => {
    const desk = new Desk('2026-11-22T05:59:30Z');
    const why = '"backtest" was stopped by an operator';
    desk.answer = () => Promise.reject(new RpcError('refused', why, { reason: 'operator' }));
    desk.open({ job: cron('0 * * * *', start) });
    await desk.advance(minuteMs);
    expect(desk.told('schedule.skipped', 'job')).to.deep.equal([
      { job: 'job', at: '2026-11-22T06:00:00.000Z', reason: why },
    ]);
    expect(desk.told('schedule.failed', 'job')).to.deep.equal([]);
    expect(desk.row('job').last_result?.status).to.equal('skipped');
  });
});
