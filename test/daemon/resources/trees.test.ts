import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ProcessInfo } from '../../../daemon/processes.ts';
import { ownTree, treesOf } from '../../../daemon/resources/trees.ts';

function table(
  processes: readonly (Pick<ProcessInfo, 'pid' | 'parentPid'> & Partial<ProcessInfo>)[],
): Map<number, ProcessInfo> {
  return new Map(
    processes.map((given) => {
      const { pid } = given;
      const rest = { groupId: pid, sessionId: pid, zombie: false, stopped: false };
      return [pid, { ...rest, startTime: `${pid}00`, ...given }];
    }),
  );
}

describe('which module a process belongs to', () => {
  const bot = { name: 'bot', pid: 10, startTime: '1000' };
  const nobody = { own: new Set<number>(), ownerOf: () => null };

  function pids(
    modules: Parameters<typeof treesOf>[0],
    processes: ReadonlyMap<number, ProcessInfo>,
    rest: Parameters<typeof treesOf>[2] = nobody,
  ): Record<string, number[]> {
    const trees = treesOf(modules, processes, rest);
    return Object.fromEntries([...trees].map(([name, tree]) => [name, tree.map(({ pid }) => pid)]));
  }

  it('is that of its ancestors, of its group, of its session', () => {
    const processes = table([
      { pid: 10, parentPid: 2 },
      { pid: 11, parentPid: 10 },
      { pid: 12, parentPid: 11 },
      { pid: 13, parentPid: 1, groupId: 10 },
      { pid: 14, parentPid: 1, sessionId: 10 },
      { pid: 15, parentPid: 14 },
      { pid: 20, parentPid: 2 },
    ]);
    expect(pids([bot], processes)).to.deep.equal({ bot: [10, 11, 12, 13, 14, 15] });
  });

  it('is that whose launch its environment names, also without anything else of it', () => {
    const processes = table([
      { pid: 30, parentPid: 1 },
      { pid: 31, parentPid: 30 },
    ]);
    const ownerOf = ({ pid }: ProcessInfo): string | null => (pid === 30 ? 'bot' : null);
    expect(pids([], processes, { ...nobody, ownerOf })).to.deep.equal({ bot: [30, 31] });
  });

  it('is never two: modules that are nested are told apart by their own processes', () => {
    const inner = { name: 'inner', pid: 12, startTime: '1200' };
    const processes = table([
      { pid: 10, parentPid: 2 },
      { pid: 12, parentPid: 10 },
      { pid: 13, parentPid: 12 },
    ]);
    expect(pids([bot, inner], processes)).to.deep.equal({ bot: [10], inner: [12, 13] });
  });

  it('is not that of a process which had the same pid before', () => {
    const processes = table([
      { pid: 10, parentPid: 2, startTime: '9999' },
      { pid: 11, parentPid: 10 },
    ]);
    expect(pids([bot], processes)).to.deep.equal({});
  });

  it('is still known by group when its first process has ended', () => {
    expect(pids([bot], table([{ pid: 11, parentPid: 1, groupId: 10 }]))).to.deep.equal({
      bot: [11],
    });
  });

  it('counts zombies, whose time is not in their parent yet', () => {
    const processes = table([
      { pid: 10, parentPid: 2 },
      { pid: 11, parentPid: 10, zombie: true },
    ]);
    expect(pids([bot], processes)).to.deep.equal({ bot: [10, 11] });
  });

  it('is none for the daemon and its keeper, also when a module has started them', () => {
    const processes = table([
      { pid: 10, parentPid: 2 },
      { pid: 50, parentPid: 10 },
      { pid: 51, parentPid: 50 },
    ]);
    expect(pids([bot], processes, { ...nobody, own: new Set([50]) })).to.deep.equal({ bot: [10] });
  });

  it('is found in a table that shows a circle', () => {
    const processes = table([
      { pid: 20, parentPid: 21 },
      { pid: 21, parentPid: 20 },
    ]);
    expect(pids([bot], processes)).to.deep.equal({});
  });
});

describe('what the daemon itself runs', () => {
  it('is its own process, its keepers and what it has started, but no module', () => {
    const processes = table([
      { pid: 100, parentPid: 1 },
      { pid: 101, parentPid: 100 },
      { pid: 102, parentPid: 101 },
      { pid: 110, parentPid: 1 },
      { pid: 111, parentPid: 110 },
      { pid: 120, parentPid: 100 },
      { pid: 121, parentPid: 120 },
    ]);
    const own = ownTree(100, [110, 120], processes).map(({ pid }) => pid);
    expect(own).to.deep.equal([100, 101, 102, 110, 120]);
  });
});
