import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { LimitWatch } from '../../../daemon/resources/limit-watch.ts';
import { cpuViolationsMax, judgeLimits } from '../../../daemon/resources/limits.ts';
import type { Usage } from '../../../rpc/shapes-resources.ts';

const seed = 20_250_919;
const mb = 1024 ** 2;
const limits = { memoryBytes: 100 * mb, cpuPercent: 50 };

function used(cpu: number | null, memory: number | null = null): Usage {
  return { cpu_percent: cpu, memory_bytes: memory, threads: 1, processes: 1 };
}

describe('the limits of a module', () => {
  const cases: readonly {
    readonly what: string;
    readonly violations: number;
    readonly usage: Usage;
    readonly limits?: Parameters<typeof judgeLimits>[2];
    readonly expected: { readonly violations: number; readonly of: 'memory' | 'cpu' | null };
  }[] = [
    {
      what: 'memory at its limit',
      violations: 0,
      usage: used(0, 100 * mb),
      expected: { violations: 0, of: null },
    },
    {
      what: 'memory over its limit, once',
      violations: 0,
      usage: used(0, 100 * mb + 1),
      expected: { violations: 0, of: 'memory' },
    },
    {
      what: 'memory that is not known',
      violations: 0,
      usage: used(0),
      expected: { violations: 0, of: null },
    },
    {
      what: 'the processor at its limit',
      violations: 2,
      usage: used(50),
      expected: { violations: 0, of: null },
    },
    {
      what: 'over it for the first time',
      violations: 0,
      usage: used(51),
      expected: { violations: 1, of: null },
    },
    {
      what: 'over it for the second time',
      violations: 1,
      usage: used(400),
      expected: { violations: 2, of: null },
    },
    {
      what: 'over it for the third time in a row',
      violations: 2,
      usage: used(51),
      expected: { violations: 0, of: 'cpu' },
    },
    {
      what: 'not known after two violations',
      violations: 2,
      usage: used(null),
      expected: { violations: 2, of: null },
    },
    {
      what: 'both too much at once',
      violations: 2,
      usage: used(99, 200 * mb),
      expected: { violations: 0, of: 'memory' },
    },
    {
      what: 'no limits at all',
      violations: 0,
      usage: used(9000, 9000 * mb),
      limits: { memoryBytes: null, cpuPercent: null },
      expected: { violations: 0, of: null },
    },
    {
      what: 'a limit that was taken away after two violations',
      violations: 2,
      usage: used(9000),
      limits: { memoryBytes: null, cpuPercent: null },
      expected: { violations: 0, of: null },
    },
  ];

  for (const { what, violations, usage, limits: given = limits, expected } of cases) {
    it(`${what}: ${expected.of === null ? `${expected.violations} violations` : `too much ${expected.of}`}`, () => {
      const judged = judgeLimits(violations, usage, given);
      expect({ violations: judged.violations, of: judged.breach?.of ?? null }).to.deep.equal(
        expected,
      );
    });
  }

  it('say by how much they were passed', () => {
    expect(judgeLimits(0, used(0, 250 * mb), limits).breach?.why).to.equal(
      'it uses 250 MB of memory, its limit is 100 MB',
    );
    expect(judgeLimits(2, used(180.5), limits).breach?.why).to.equal(
      'it used 180.5 % of a core, more than its limit of 50 % in 3 looks in a row',
    );
  });

  it(`are broken by the processor only after three looks in a row (seed ${seed})`, () => {
    const looks = fc.array(fc.constantFrom(10, 90, null), { maxLength: 30 });
    const property = fc.property(looks, (percents) => {
      let violations = 0;
      let inARow = 0;
      for (const percent of percents) {
        const judged = judgeLimits(violations, used(percent), limits);
        violations = judged.violations;
        if (percent !== null) inARow = percent > 50 ? inARow + 1 : 0;
        expect(judged.breach !== null).to.equal(percent !== null && inARow === cpuViolationsMax);
        if (judged.breach) inARow = 0;
      }
    });
    fc.assert(property, { seed });
  });
});

describe('the watch over limits (row 95)', () => {
  interface World {
    launch: string;
    enabled: boolean;
    readonly told: string[];
    readonly watch: LimitWatch;
  }

  function world(): World {
    const told: string[] = [];
    const made: World = {
      launch: 'l1',
      enabled: true,
      told,
      watch: new LimitWatch({
        running: () => [{ name: 'bot', launch: made.launch, limits }],
        isEnabled: () => made.enabled,
        unfit: (module, launch, reason) => told.push(`unfit ${module} ${launch} ${reason}`),
        raise: ({ severity, type, message }) => told.push(`${severity} ${type}: ${message}`),
      }),
    };
    return made;
  }

  function judge({ watch }: World, usage: Usage): void {
    watch.judge(new Map([['bot', usage]]));
  }

  it('warns, then has what uses too much memory stopped at once', () => {
    const one = world();
    judge(one, used(0, 300 * mb));
    expect(one.told).to.deep.equal([
      'warning memory_limit: bot is stopped: it uses 300 MB of memory, its limit is 100 MB',
      'unfit bot l1 memory',
    ]);
  });

  it('has what uses too much of the processor stopped at the third look', () => {
    const one = world();
    judge(one, used(90));
    judge(one, used(90));
    expect(one.told).to.deep.equal([]);
    judge(one, used(90));
    expect(one.told.map((line) => line.split(':')[0])).to.deep.equal([
      'warning cpu_limit',
      'unfit bot l1 cpu',
    ]);
  });

  it('counts each launch from the beginning', () => {
    const one = world();
    judge(one, used(90));
    judge(one, used(90));
    one.launch = 'l2';
    judge(one, used(90));
    expect(one.told).to.deep.equal([]);
  });

  it('judges nothing while the watchdog is off, and forgets what it had counted', () => {
    const one = world();
    judge(one, used(90));
    judge(one, used(90));
    one.enabled = false;
    judge(one, used(90, 300 * mb));
    one.enabled = true;
    judge(one, used(90));
    expect(one.told).to.deep.equal([]);
  });

  it('wants memory measured only of what could be over its limit', () => {
    const one = world();
    const needs = one.watch.memoryNeeds();
    expect(needs('bot', 100 * mb)).to.equal(false);
    expect(needs('bot', 100 * mb + 1)).to.equal(true);
    expect(needs('other', 9000 * mb)).to.equal(false);
    one.enabled = false;
    expect(one.watch.memoryNeeds()('bot', 9000 * mb)).to.equal(false);
  });
});
