import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lastMs, shutDown, type ShutdownOptions, step } from '../../../daemon/ending/shutdown.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const timeoutMs = 30_000;

/** A shutdown on a clock of its own, and what it did. */
class Ending {
  readonly clock = new FakeClock();
  readonly did: string[] = [];
  readonly told: { level: string; text: string; err?: unknown }[] = [];

  run(steps: ShutdownOptions['steps'], force = () => this.does('force')): Promise<string[]> {
    const tell = (level: string) => (fields: object, text?: string) =>
      void this.told.push({ level, ...fields, text: text ?? '' });
    const log = { info: tell('info'), error: tell('error') } as unknown as ShutdownOptions['log'];
    const ended = shutDown({ system: this.clock, timeoutMs, steps, force, log });
    return ended.then((failed) => failed.map(({ done }) => done));
  }

  /** A step that notes that it ran. */
  step(phase: 'pre' | 'cleanup' | 'post', number: number, done: string) {
    return step(phase, number, done, () => this.does(done));
  }

  does(what: string): Promise<void> {
    this.did.push(what);
    return Promise.resolve();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

describe('the shutdown of the daemon (row 73)', () => {
  it('goes phase by phase, in each by the numbers of the steps, whatever order they were given in', async () => {
    const ending = new Ending();
    const failed = await ending.run([
      ending.step('post', 11, 'goodbye'),
      ending.step('cleanup', 4, 'modules stopped'),
      ending.step('post', 5, 'RPC closed'),
      ending.step('cleanup', 4, 'state stored'),
      ending.step('pre', 3, 'watchdog stopped'),
      ending.step('pre', 2, 'scheduler stopped'),
    ]);
    const order = ['scheduler stopped', 'watchdog stopped', 'modules stopped', 'state stored'];
    expect(ending.did).to.deep.equal([...order, 'RPC closed', 'goodbye']);
    expect(ending.told.map(({ text }) => text)).to.deep.equal(ending.did);
    expect(failed).to.deep.equal([]);
  });

  it('does what follows a step that failed, and tells of it', async () => {
    const ending = new Ending();
    const full = new Error('disk full');
    const failed = await ending.run([
      step('cleanup', 4, 'state stored', () => Promise.reject(full)),
      step('cleanup', 4, 'books closed', () => {
        throw full;
      }),
      ending.step('post', 5, 'RPC closed'),
    ]);
    expect(failed).to.deep.equal(['state stored', 'books closed']);
    expect(ending.did).to.deep.equal(['RPC closed']);
    const errors = ending.told.filter(({ level }) => level === 'error');
    expect(errors.map(({ err }) => err)).to.deep.equal([full, full]);
  });

  it('uses force once when the time of all steps together is over, and then ends the rest', async () => {
    const ending = new Ending();
    let gone = (): void => undefined;
    const lefts: number[] = [];
    const ended = ending.run(
      [
        step('pre', 2, 'scheduler stopped', (leftMs) => {
          lefts.push(leftMs);
          return new Promise<void>((resolve) => ending.clock.after(20_000, resolve));
        }),
        step('cleanup', 4, 'modules stopped', (leftMs) => {
          lefts.push(leftMs);
          return new Promise<void>((resolve) => (gone = resolve));
        }),
        ending.step('post', 5, 'RPC closed'),
      ],
      () => ending.does('force').then(() => gone()),
    );
    await ending.clock.advance(timeoutMs - 1);
    expect(ending.did).to.deep.equal([]);
    await ending.clock.advance(1);
    expect(await ended).to.deep.equal([]);
    expect(ending.did).to.deep.equal(['force', 'RPC closed']);
    expect(lefts).to.deep.equal([timeoutMs, timeoutMs - 20_000]);
  });

  it('gives up what hangs in spite of force, step by step, and does the others', async () => {
    const ending = new Ending();
    const ended = ending.run([
      step('cleanup', 4, 'modules stopped', never),
      ending.step('cleanup', 4, 'state stored'),
      step('post', 5, 'RPC closed', never),
      ending.step('post', 11, 'goodbye'),
    ]);
    await ending.clock.advance(timeoutMs + lastMs);
    expect(ending.did).to.deep.equal(['force', 'state stored']);
    await ending.clock.advance(lastMs);
    expect(await ended).to.deep.equal(['modules stopped', 'RPC closed']);
    expect(ending.did).to.deep.equal(['force', 'state stored', 'goodbye']);
  });

  it('goes on when force itself fails, and says so', async () => {
    const ending = new Ending();
    const ended = ending.run(
      [step('cleanup', 4, 'modules stopped', never), ending.step('post', 11, 'goodbye')],
      () => Promise.reject(new Error('no keeper')),
    );
    await ending.clock.advance(timeoutMs + lastMs);
    expect(await ended).to.deep.equal(['modules stopped']);
    expect(ending.did).to.deep.equal(['goodbye']);
    expect(ending.told.map(({ text }) => text)).to.include('cannot end by force what is left');
  });

  it('uses no force when everything was done in time', async () => {
    const ending = new Ending();
    await ending.run([ending.step('post', 11, 'goodbye')]);
    await ending.clock.advance(2 * timeoutMs);
    expect(ending.did).to.deep.equal(['goodbye']);
  });
});
