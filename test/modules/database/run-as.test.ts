import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseUsers, runAs } from '../../../modules/database/run-as.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin
node:x:1000:1001::/home/node:/bin/bash
`;
const users = parseUsers(passwd);
const node = { kind: 'user', name: 'node', uid: 1000, gid: 1001 };
const nobody = { kind: 'user', name: 'nobody', uid: 65534, gid: 65533 };

/** Whose the cluster is, whether user namespaces work, and what follows for root. */
const table: [owner: number | null, namespaceWorks: boolean, as: object | RegExp][] = [
  [null, true, { kind: 'namespace' }],
  [0, true, { kind: 'namespace' }],
  [null, false, node],
  [0, false, node],
  [65534, true, nobody],
  [1000, false, node],
  [4711, true, /belongs to user 4711, who is not in \/etc\/passwd/],
];

describe('as whom root runs PostgreSQL', () => {
  for (const [clusterOwner, namespaceWorks, as] of table) {
    const what = `a cluster of ${clusterOwner ?? 'nobody yet'}, namespaces ${namespaceWorks ? 'work' : 'are forbidden'}`;
    it(`${what}: ${as instanceof RegExp ? 'an error' : JSON.stringify(as)}`, () => {
      const facts = { clusterOwner, namespaceWorks, users };
      if (as instanceof RegExp) expect(() => runAs(facts)).to.throw(as);
      else expect(runAs(facts)).to.deep.equal(as);
    });
  }

  it('without any way the error names all of them', () => {
    expect(() =>
      runAs({ clusterOwner: null, namespaceWorks: false, users: users.slice(0, 1) }),
    ).to.throw(/refuses to be root.*ordinary user.*"user" of the module.*DATABASE_URL/);
  });
});
