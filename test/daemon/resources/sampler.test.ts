import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { readProcess } from '../../../daemon/processes.ts';
import type { LookRequest, ResourcePlatform } from '../../../daemon/resources/platform.ts';
import { unknownPlatform } from '../../../daemon/resources/platform.ts';
import { type Sample, Sampler, type SamplerOptions } from '../../../daemon/resources/sampler.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Answers with looks that a test has made, and notes what it is asked. */
class RecordingPlatform implements ResourcePlatform {
  readonly requests: LookRequest[] = [];
  fault: Error | null = null;
  #held: Promise<void> = Promise.resolve();

  /** The next looks wait until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  async look(request: LookRequest): ReturnType<ResourcePlatform['look']> {
    this.requests.push(request);
    await this.#held;
    if (this.fault) throw this.fault;
    return unknownPlatform.look(request);
  }
}

describe('the sampler', () => {
  let clock: FakeClock;
  let platform: RecordingPlatform;
  let sampler: Sampler;
  let samples: Sample[];
  let faults: string[];
  let intervalMs: number;
  const self = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? '' };

  function build(options: Partial<SamplerOptions> = {}): Sampler {
    return new Sampler({
      system: clock,
      platform,
      running: () => [],
      intervalMs: () => intervalMs,
      memoryNeeds: () => () => false,
      onSample: (sample) => samples.push(sample),
      onFault: (doing) => faults.push(doing),
      ...options,
    });
  }

  beforeEach(() => {
    clock = new FakeClock();
    platform = new RecordingPlatform();
    samples = [];
    faults = [];
    intervalMs = 30_000;
    sampler = build();
  });

  afterEach(() => sampler.stop());

  it('looks once at the start and then once in each interval', async () => {
    await sampler.start();
    await clock.advance(1000);
    expect(samples).to.have.length(1);
    await clock.advance(60_000);
    expect(samples).to.have.length(3);
  });

  it('looks no more once it is stopped', async () => {
    await sampler.start();
    await sampler.stop();
    await clock.advance(100_000);
    expect(platform.requests).to.have.length(0);
  });

  it('goes by another interval as soon as there is one', async () => {
    await sampler.start();
    await clock.advance(1000);
    intervalMs = 2000;
    sampler.configure();
    await clock.advance(4000);
    expect(samples).to.have.length(3);
  });

  it('is not put off by a configuration that is read again and again', async () => {
    await sampler.start();
    for (let reload = 0; reload < 6; reload++) {
      await clock.advance(20_000);
      sampler.configure();
    }
    expect(samples).to.have.length(4);
  });

  it('looks once for all who ask together, and tells them the same for a second', async () => {
    const release = platform.hold();
    const asked = Array.from({ length: 100 }, () => sampler.now());
    release();
    const [first, ...others] = await Promise.all(asked);
    expect(others.every((one) => one === first)).to.equal(true);
    await clock.advance(999);
    expect(await sampler.now()).to.equal(first);
    expect(platform.requests).to.have.length(1);
    await clock.advance(1);
    expect(await sampler.now()).to.not.equal(first);
    expect(platform.requests).to.have.length(2);
  });

  it('measures all memory for whoever asks, and by itself what is needed', async () => {
    await sampler.start();
    await sampler.now();
    await clock.advance(1000);
    expect(platform.requests.map(({ wantsMemory }) => wantsMemory('bot', 1))).to.deep.equal([
      true,
      false,
    ]);
  });

  it('goes on after a look that failed, and tells those who asked', async () => {
    platform.fault = new Error('too many open files');
    await sampler.start();
    await clock.advance(1000);
    expect(faults).to.deep.equal(['look at what modules use']);
    const refused = await sampler.now().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).to.equal(platform.fault);
    platform.fault = null;
    await clock.advance(30_000);
    expect(samples).to.have.length(1);
    await sampler.now();
  });

  it('asks nothing about modules that share a process: nobody can tell them apart', async () => {
    sampler = build({
      running: () => [
        { name: 'a', ...self },
        { name: 'b', ...self },
        { name: 'c', pid: 1, startTime: '1' },
      ],
    });
    await sampler.now();
    expect(platform.requests[0]?.modules.map(({ name }) => name)).to.deep.equal(['c']);
  });
});
