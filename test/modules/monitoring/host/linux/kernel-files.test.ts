import { expect } from 'chai';
import { describe, it } from 'mocha';
import { complaintOf } from '../../../../../modules/monitoring/host/linux/kernel-files.ts';

describe('monitoring/host/linux: a file that cannot be read', () => {
  it('is no complaint when it is not there, or its core, group or sensor is not', () => {
    for (const code of ['ENOENT', 'ENOTDIR', 'ENODEV', 'EAGAIN', 'ENODATA'])
      expect(complaintOf('/proc/pressure/io', code), code).to.equal(null);
  });

  const cases: readonly [path: string, code: string, said: string][] = [
    [
      '/proc/pressure/io',
      'EOPNOTSUPP',
      'cannot read /proc/pressure/io (EOPNOTSUPP), so what it says is unknown: pressure stall information is built into this kernel and off — boot it with psi=1',
    ],
    [
      '/sys/fs/cgroup/memory.max',
      'EOPNOTSUPP',
      'cannot read /sys/fs/cgroup/memory.max (EOPNOTSUPP), so what it says is unknown',
    ],
    [
      '/proc/schedstat',
      'EACCES',
      'cannot read /proc/schedstat (EACCES), so what it says is unknown — let this user read it, or do without',
    ],
    ['/proc/stat', 'EMFILE', 'cannot read /proc/stat (EMFILE), so what it says is unknown'],
  ];
  for (const [path, code, said] of cases)
    it(`says of ${path} and ${code} what is not known, why, and what helps`, () => {
      expect(complaintOf(path, code)).to.equal(said);
    });
});
