import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StopScope } from '../../../daemon/keeper/protocol.ts';
import { ownerFromEnvironment, treeMembers, type TreeRoot } from '../../../daemon/keeper/tree.ts';
import type { ProcessInfo } from '../../../daemon/processes.ts';

const seed = 20_260_103;

/** Column by column: pid, parent, group, session; start time is `t<pid>` unless given. */
type Row = [pid: number, parent: number, group: number, session: number, changes?: Change];
type Change = Partial<ProcessInfo> & { owner?: string };

function tableOf(rows: readonly Row[]): {
  table: Map<number, ProcessInfo>;
  ownerOf: (process: ProcessInfo) => string | null;
} {
  const table = new Map<number, ProcessInfo>();
  const owners = new Map<number, string>();
  for (const [pid, parentPid, groupId, sessionId, { owner, ...changes } = {}] of rows) {
    const startTime = `t${pid}`;
    const state = { zombie: false, stopped: false };
    table.set(pid, { pid, parentPid, groupId, sessionId, ...state, startTime, ...changes });
    if (owner !== undefined) owners.set(pid, owner);
  }
  return { table, ownerOf: ({ pid }) => owners.get(pid) ?? null };
}

function members(rows: readonly Row[], process: TreeRoot['process'], scope: StopScope): number[] {
  const { table, ownerOf } = tableOf(rows);
  return treeMembers({ module: 'trading', process }, table, ownerOf, scope).map(({ pid }) => pid);
}

const root = { pid: 100, startTime: 't100' };
const other: Row = [50, 1, 50, 50];

describe('the members of a tree', () => {
  const cases: [why: string, rows: Row[], scope: StopScope, pids: number[]][] = [
    ['the process itself', [other, [100, 9, 100, 100]], 'tree', [100]],
    ['its children', [other, [100, 9, 100, 100], [101, 100, 100, 100]], 'tree', [100, 101]],
    [
      'a grandchild whose parent has its own group and session',
      [
        [100, 9, 100, 100],
        [101, 100, 101, 101],
        [102, 101, 102, 102],
      ],
      'tree',
      [100, 101, 102],
    ],
    ['an orphan of its group', [other, [101, 1, 100, 7]], 'tree', [101]],
    ['an orphan of its session', [other, [101, 1, 101, 100]], 'tree', [101]],
    [
      'an orphan in a session of its own, by its environment',
      [other, [101, 1, 101, 101, { owner: 'trading' }]],
      'tree',
      [101],
    ],
    [
      'no process of another module',
      [
        [100, 9, 100, 100],
        [101, 1, 101, 101, { owner: 'database' }],
      ],
      'tree',
      [100],
    ],
    [
      'no zombies',
      [
        [100, 9, 100, 100, { zombie: true }],
        [101, 100, 100, 100],
      ],
      'tree',
      [101],
    ],
    [
      'the group alone, by scope',
      [
        [100, 9, 100, 100],
        [101, 100, 100, 100],
        [102, 100, 102, 100, { owner: 'trading' }],
      ],
      'group',
      [100, 101],
    ],
    [
      'the process alone, by scope',
      [
        [100, 9, 100, 100],
        [101, 100, 100, 100],
      ],
      'process',
      [100],
    ],
    [
      'nothing of another process that has its pid by now',
      [
        [100, 1, 100, 100, { startTime: 'later' }],
        [101, 100, 100, 100],
      ],
      'tree',
      [],
    ],
    [
      'by their environment those that are left when the pid is another process by now',
      [
        [100, 1, 100, 100, { startTime: 'later' }],
        [101, 1, 101, 101, { owner: 'trading' }],
      ],
      'tree',
      [101],
    ],
    [
      'an end even where parents form a loop',
      [
        [101, 102, 101, 101],
        [102, 101, 102, 102],
      ],
      'tree',
      [],
    ],
  ];
  for (const [why, rows, scope, pids] of cases) {
    it(`are ${why}`, () => {
      expect(members(rows, root, scope)).to.deep.equal(pids);
    });
  }

  it('are found by environment alone when no process is known', () => {
    const rows: Row[] = [other, [60, 1, 60, 60, { owner: 'trading' }], [100, 1, 100, 100]];
    expect(members(rows, null, 'tree')).to.deep.equal([60]);
    expect(members(rows, null, 'group')).to.deep.equal([]);
  });

  it('stay those that an earlier look found, with what they start, whatever they change', () => {
    const { table, ownerOf } = tableOf([
      other,
      [101, 1, 101, 101],
      [102, 101, 102, 102],
      [103, 1, 103, 103],
    ]);
    const seen = new Map([
      [101, 't101'],
      [103, 'an earlier process of that number'],
    ]);
    const tree = { module: 'trading', process: root };
    const found = treeMembers(tree, table, ownerOf, 'tree', seen);
    expect(found.map(({ pid }) => pid)).to.deep.equal([101, 102]);
    expect(treeMembers(tree, table, ownerOf, 'tree')).to.deep.equal([]);
  });

  it(`grow with the scope and never hold a zombie or another's process (seed ${seed})`, () => {
    const pid = fc.integer({ min: 2, max: 12 });
    const owner = fc.constantFrom('trading', 'database', undefined);
    const row = fc.tuple(pid, pid, pid, pid, owner, fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), pid, (made, top) => {
        const rows = made.map(([id, parent, group, session, name, zombie]): Row => {
          const change: Change = { zombie, ...(name === undefined ? {} : { owner: name }) };
          return [id, parent, group, session, change];
        });
        const process = { pid: top, startTime: `t${top}` };
        const tree = members(rows, process, 'tree');
        const group = members(rows, process, 'group');
        const alone = members(rows, process, 'process');
        expect(tree).to.include.members(group);
        expect(group).to.include.members(alone);
        expect(alone.every((id) => id === top)).to.equal(true);
        const { table } = tableOf(rows);
        expect(tree.some((id) => table.get(id)?.zombie)).to.equal(false);
        const strangers = members(rows, { pid: top, startTime: 'other' }, 'tree');
        if (table.has(top)) {
          const { ownerOf } = tableOf(rows);
          const owned = [...table.values()].filter((one) => ownerOf(one) === 'trading');
          expect(owned.map((one) => one.pid)).to.include.members(strangers);
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('the owner in an environment', () => {
  const home = '/var/bot';
  const cases: [why: string, environment: string[] | null, owner: string | null][] = [
    ['the module', ['A=1', `SUPERBOT_HOME=${home}`, 'SUPERBOT_LAUNCH=trading:ab12'], 'trading'],
    ['nobody in another home', ['SUPERBOT_HOME=/home/x', 'SUPERBOT_LAUNCH=trading:ab12'], null],
    [
      'nobody where a home only begins alike',
      [`SUPERBOT_HOME=${home}2`, 'SUPERBOT_LAUNCH=t:1'],
      null,
    ],
    ['nobody without a launch', [`SUPERBOT_HOME=${home}`], null],
    ['nobody without a home', ['SUPERBOT_LAUNCH=trading:ab12'], null],
    ['nobody where it cannot be read', null, null],
    ['nobody in an empty one', [], null],
  ];
  for (const [why, environment, owner] of cases) {
    it(`is ${why}`, () => {
      expect(ownerFromEnvironment(environment, home)).to.equal(owner);
    });
  }

  it('is the module also where the home was called by another name, such as that of a link', () => {
    const dir = mkdtempSync(join(tmpdir(), 'sbk-'));
    const [real, link] = [join(dir, 'home'), join(dir, 'link')];
    try {
      mkdirSync(real);
      symlinkSync(real, link);
      const entries = [`SUPERBOT_HOME=${link}`, 'SUPERBOT_LAUNCH=trading:ab12'];
      expect(ownerFromEnvironment(entries, real)).to.equal('trading');
      expect(ownerFromEnvironment(entries, dir)).to.equal(null);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
