import { expect } from 'chai';
import { describe, it } from 'mocha';
import { suspicionOf } from '../../../../modules/monitoring/processes/suspects.ts';

describe('suspects', () => {
  for (const { patterns, name, isSuspect } of [
    { patterns: ['kswapd'], name: 'kswapd0', isSuspect: true },
    { patterns: ['BitDefender'], name: 'bitdefenderd', isSuspect: true },
    { patterns: ['unattended-upgrades'], name: 'unattended-upgr', isSuspect: true },
    { patterns: ['jbd2'], name: 'node', isSuspect: false },
    { patterns: ['', '  '], name: 'node', isSuspect: false },
    { patterns: [], name: 'node', isSuspect: false },
    { patterns: ['.*'], name: 'node', isSuspect: false },
  ]) {
    it(`${isSuspect ? 'include' : 'do not include'} ${name} by ${JSON.stringify(patterns)}`, () => {
      expect(suspicionOf(patterns)(name)).to.equal(isSuspect);
    });
  }
});
