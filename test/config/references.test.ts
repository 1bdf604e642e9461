import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { cyclesIn } from '../../config/cycles.ts';
import { load, loaded, problemLines } from './config-folder.ts';

const seed = 20_261_122;
const modules = (waits: string, rest = '') =>
  `daemon: {modules: {a: {module: x, ${waits}}, bee: {module: x}}${rest}}`;

describe('dependencies (rows 49 and 53)', () => {
  it('are among modules that are defined once each (row 49)', () => {
    const twice = 'daemon: {modules: {a: {module: x}, a: {module: y}}}';
    expect(problemLines(load(twice))).to.have.length(1);
    expect(problemLines(load(twice))[0]).to.match(/^daemon\.yaml:1:36: .*twice|more than once/);
  });

  it('are written as a list, which means ready, or with a condition each', () => {
    const { config } = loaded(`
daemon:
  modules:
    a: {module: x, depends_on: [b], wants: [d]}
    b: {module: x, depends_on: {c: started, d: completed}}
    c: {module: x}
    d: {module: x, wants: [a]}
`);
    const dependsOn = (name: string) => [...config.modules.get(name)!.dependsOn];
    expect(dependsOn('a')).to.deep.equal([['b', 'ready']]);
    expect(dependsOn('b')).to.deep.equal([
      ['c', 'started'],
      ['d', 'completed'],
    ]);
    expect(config.modules.get('a')!.wants).to.deep.equal(['d']);
  });

  const mistakes: [string, string][] = [
    [
      modules('depends_on: [beee]'),
      '1:48: daemon.modules.a.depends_on[0]: found "beee", expected a module of daemon.modules: "bee"?',
    ],
    [
      modules('depends_on: {beee: ready}'),
      '1:48: daemon.modules.a.depends_on.beee: is the name of no module, expected a module of daemon.modules: "bee"?',
    ],
    [
      modules('wants: [toString]'),
      '1:43: daemon.modules.a.wants[0]: found "toString", expected a module of daemon.modules',
    ],
    [
      modules('depends_on: [a]'),
      '1:48: daemon.modules.a.depends_on[0]: found "a", expected another module',
    ],
    [
      modules('depends_on: {a: ready}'),
      '1:48: daemon.modules.a.depends_on.a: is the module itself, expected another module',
    ],
    [
      modules('depends_on: [bee, bee]'),
      '1:53: daemon.modules.a.depends_on[1]: found "bee", expected each name only once',
    ],
    [
      modules('depends_on: {bee: redy}'),
      '1:53: daemon.modules.a.depends_on.bee: found "redy", expected one of started, ready, healthy, completed',
    ],
    [
      modules('depends_on: [5]'),
      '1:48: daemon.modules.a.depends_on[0]: found 5, expected the name of a module, in quotes if it looks like a number',
    ],
    [
      modules('depends_on: bee'),
      '1:47: daemon.modules.a.depends_on: found "bee", expected a list of module names, or a mapping of names to conditions',
    ],
    [
      modules('', ', profiles: {small: [a, c]}'),
      '1:79: daemon.profiles.small[1]: found "c", expected a module of daemon.modules',
    ],
    [
      'daemon: {modules: {a: {module: x, enabled: false}}, profiles: {p: [a]}}',
      '1:68: daemon.profiles.p[0]: found "a", expected a module that is enabled',
    ],
    [
      'daemon: {profiles: {all: []}}',
      '1:21: daemon.profiles.all: is not a valid name, expected a name other than daemon, keeper and all, which are reserved',
    ],
  ];
  for (const [yaml, line] of mistakes)
    it(`are refused: ${yaml.slice(18, 90)}`, () => {
      expect(problemLines(load(yaml))).to.deep.equal([`daemon.yaml:${line}`]);
    });

  it('in a circle are refused, each circle with the names along it (row 53)', () => {
    const yaml = `
daemon:
  modules:
    trading: {module: x, depends_on: [exchange]}
    exchange: {module: x, depends_on: {database: ready}}
    database: {module: x, depends_on: [trading]}
    webui: {module: x, depends_on: [trading]}
    left: {module: x, depends_on: [right]}
    right: {module: x, depends_on: [left]}
`;
    const expected = 'expected modules that do not wait for each other';
    expect(problemLines(load(yaml))).to.deep.equal([
      `daemon.yaml:4:26: daemon.modules.trading.depends_on: is a cycle: trading → exchange → database → trading, ${expected}`,
      `daemon.yaml:8:23: daemon.modules.left.depends_on: is a cycle: left → right → left, ${expected}`,
    ]);
  });
});

describe('jobs that run jobs', () => {
  const job = (name: string, runs: string) =>
    `${name}: {at: '08:00', method: schedule.run, params: {job: ${runs}}, overlap: queue}`;
  const schedule = (...jobs: string[]) => `daemon: {schedule: {jobs: {${jobs.join(', ')}}}}`;

  it('in a circle, or themselves, are refused: they would run without end', () => {
    expect(problemLines(load(schedule(job('again', 'again'))))).to.deep.equal([
      'daemon.yaml:1:80: daemon.schedule.jobs.again.params.job: is a cycle: again → again, expected a job that does not lead back here',
    ]);
    const circle = problemLines(load(schedule(job('a', 'b'), job('b', 'a'))));
    expect(circle).to.have.length(1);
    expect(circle[0]).to.include('is a cycle: a → b → a');
  });

  it('one after the other are not', () => {
    const refresh = "c: {at: '08:00', method: daemon.reload_config}";
    loaded(schedule(job('a', 'b'), job('b', 'c'), refresh));
  });
});

describe(`cycles (seed ${seed})`, () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const graph = fc
    .array(fc.subarray(names), { minLength: names.length, maxLength: names.length })
    .map((lists) => new Map(names.map((name, index) => [name, lists[index] ?? []])));

  it('are circles of the graph, and there are some exactly when no order satisfies all', () => {
    fc.assert(
      fc.property(graph, (waiting) => {
        const cycles = cyclesIn(waiting);
        for (const cycle of cycles) {
          expect(cycle.length).to.be.at.least(2);
          cycle.forEach((name, index) => {
            expect(waiting.get(name)).to.include(cycle[(index + 1) % cycle.length]);
          });
        }
        expect(cycles.length === 0).to.equal(hasOrder(waiting));
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('are found in a chain that is as long as a file allows', () => {
    const count = 20_000;
    const chain = new Map(
      Array.from({ length: count }, (_, index) => [`m${index}`, [`m${(index + 1) % count}`]]),
    );
    expect(cyclesIn(chain)).to.have.length(1);
    expect(cyclesIn(chain)[0]).to.have.length(count);
  });
});

/** By taking away, again and again, what waits for nobody but itself. */
function hasOrder(waiting: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Map(waiting);
  for (;;) {
    const free = [...left].find(
      ([own, names]) => !names.some((name) => name !== own && left.has(name)),
    );
    if (free === undefined) return left.size === 0;
    left.delete(free[0]);
  }
}
