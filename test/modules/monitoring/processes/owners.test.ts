import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ownersIn } from '../../../../modules/monitoring/processes/owners.ts';
import { tableOf } from './processes-at-play.ts';

describe('the module that a process belongs to', () => {
  const table = tableOf(
    { pid: 1, parentPid: 0 },
    { pid: 10, name: 'daemon' },
    { pid: 11, name: 'keeper' },
    { pid: 20, parentPid: 11, name: 'marked' },
    { pid: 21, parentPid: 20, name: 'child' },
    { pid: 22, parentPid: 21, name: 'grandchild' },
    { pid: 23, parentPid: 1, name: 'marked' },
    { pid: 30, parentPid: 11, name: 'helper' },
    { pid: 31, parentPid: 10, name: 'command' },
    { pid: 40, parentPid: 1, name: 'stranger' },
    { pid: 50, parentPid: 51, name: 'circle' },
    { pid: 51, parentPid: 50, name: 'circle' },
  );
  const ownerOf = ownersIn(table, {
    own: new Set([10, 11]),
    marked: ({ name }) => (name === 'marked' ? 'bot' : null),
  });

  for (const { pid, owner, why } of [
    { pid: 20, owner: 'bot', why: 'carries its launch' },
    { pid: 23, owner: 'bot', why: 'carries its launch, though it has left its parents' },
    { pid: 22, owner: 'bot', why: 'was started by what it started' },
    { pid: 10, owner: 'superbot', why: 'is the daemon' },
    { pid: 11, owner: 'superbot', why: 'is a keeper' },
    { pid: 30, owner: 'superbot', why: 'was started by a keeper for no module' },
    { pid: 31, owner: 'superbot', why: 'was started by the daemon' },
    { pid: 40, owner: null, why: 'is none of ours' },
    { pid: 50, owner: null, why: 'seems to be its own ancestor' },
  ]) {
    it(`is ${owner ?? 'none'} for one that ${why}`, () => {
      const process = table.get(pid);
      expect(process && ownerOf(process)).to.equal(owner);
    });
  }
});
