import { expect } from 'chai';
import { describe, it } from 'mocha';
import { culpritsOf, culpritsOfPause } from '../../../modules/monitoring/culprits.ts';
import type { ProcessShare } from '../../../modules/monitoring/sample.ts';
import { calm, type Stress, type StressPart } from '../../../modules/monitoring/stress.ts';
import { shareOf } from './processes/processes-at-play.ts';
import { sampleOf } from './samples.ts';

function stressOf(parts: Partial<Record<StressPart, number>>): Stress {
  return { ...calm, parts: { ...calm.parts, ...parts } };
}

function told(processes: readonly ProcessShare[], stress: Stress): string[] {
  return culpritsOf(processes, stress).map(
    ({ process, why, share }) => `${process.name} ${why}: ${share}`,
  );
}

const burner = shareOf({ pid: 1, name: 'burner', cpuPercent: 97 });
const writer = shareOf({ pid: 2, name: 'writer', writtenBytesPerSecond: 80e6, cpuPercent: 20 });
const reader = shareOf({ pid: 3, name: 'reader', readBytesPerSecond: 60e6 });
const holder = shareOf({ pid: 4, name: 'holder', memoryPercent: 42 });
const stuck = shareOf({ pid: 5, name: 'stuck', state: 'D' });
const small = shareOf({ pid: 6, name: 'small', cpuPercent: 49, readBytesPerSecond: 49e6 });
const all = [burner, writer, reader, holder, stuck, small];

describe('culprits (row 47)', () => {
  it('are none while the host is calm', () => {
    expect(told(all, calm)).to.deep.equal([]);
  });

  for (const { parts, culprits } of [
    {
      parts: { load: 20 },
      culprits: ['burner cpu: 97 % of a core', 'stuck stuck: waits for a device'],
    },
    {
      parts: { io: 20 },
      culprits: ['writer io: 80 MB/s', 'reader io: 60 MB/s', 'stuck stuck: waits for a device'],
    },
    { parts: { memory: 15 }, culprits: ['holder memory: 42 % of the memory'] },
    { parts: { thermal: 20 }, culprits: ['burner cpu: 97 % of a core'] },
    // What other machines take is nobody's fault here.
    { parts: { steal: 30 }, culprits: [] },
  ]) {
    it(`are accused only of what explains ${Object.keys(parts).join()}`, () => {
      expect(told(all, stressOf(parts))).to.deep.equal(culprits);
    });
  }

  it('come in the order in which they explain the stress', () => {
    const names = (stress: Stress) => culpritsOf(all, stress).map(({ process }) => process.name);
    expect(names(stressOf({ memory: 30, load: 1 }))[0]).to.equal('holder');
    expect(names(stressOf({ memory: 1, load: 30 }))[0]).to.equal('burner');
  });

  it('are one where a program has many small workers, apart by module', () => {
    const workers = Array.from({ length: 100 }, (_, index) =>
      shareOf({ pid: 100 + index, name: 'cc1', cpuPercent: 2, module: index < 60 ? 'bot' : null }),
    );
    expect(told(workers, stressOf({ load: 40 }))).to.deep.equal([
      'cc1 cpu: 120 % of a core, 60 processes together',
      'cc1 cpu: 80 % of a core, 40 processes together',
    ]);
    expect(culpritsOf(workers, stressOf({ load: 40 }))[0]?.process.module).to.equal('bot');
  });

  it('are not those who only wait for a core, unless they are the queue', () => {
    const victim = shareOf({ pid: 1, name: 'victim', waitPercent: 95, cpuPercent: 3 });
    const crowd = Array.from({ length: 30 }, (_, index) =>
      shareOf({ pid: 100 + index, name: 'crowd', waitPercent: 90, cpuPercent: 1 }),
    );
    expect(told([victim, ...crowd], stressOf({ load: 40 }))).to.deep.equal([
      'crowd wait: 27 of its processes at a time wait for a core',
    ]);
  });

  it('do not add up the memory that the processes of a program share', () => {
    const backends = [1, 2, 3].map((pid) => shareOf({ pid, name: 'postgres', memoryPercent: 9 }));
    expect(told(backends, stressOf({ memory: 30 }))).to.deep.equal([]);
  });

  it('have suspects after all others, whatever the stress, if these did anything', () => {
    const busy = shareOf({ pid: 8, name: 'kswapd0', isSuspect: true, cpuPercent: 3 });
    const idle = shareOf({ pid: 9, name: 'jbd2', isSuspect: true });
    expect(told([burner, busy, idle], stressOf({ load: 1 }))).to.deep.equal([
      'burner cpu: 97 % of a core',
      'kswapd0 suspect: 3 % of a core, 0 MB/s',
    ]);
    expect(told([busy], calm)).to.have.lengthOf(1);
  });

  it('are ten at most, each program once', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      shareOf({ pid: index, name: `p${index % 20}`, isSuspect: true, cpuPercent: 99, state: 'D' }),
    );
    const names = culpritsOf(many, stressOf({ load: 40, io: 20 })).map(
      ({ process }) => process.name,
    );
    expect(names).to.have.lengthOf(10);
    expect(new Set(names)).to.have.lengthOf(10);
  });

  it('are accused of what explains most', () => {
    const both = shareOf({ pid: 1, name: 'both', cpuPercent: 60, readBytesPerSecond: 500e6 });
    const reasonIn = (stress: Stress) => culpritsOf([both], stress).map(({ why }) => why);
    expect(reasonIn(stressOf({ load: 1, io: 20 }))).to.deep.equal(['io']);
    expect(reasonIn(stressOf({ load: 40, io: 1 }))).to.deep.equal(['cpu']);
  });

  it('do not come out of figures that are not known', () => {
    const unknown = shareOf({
      ...{ pid: 1, cpuPercent: null, waitPercent: null, memoryPercent: null },
      ...{ readBytesPerSecond: null, writtenBytesPerSecond: null, isSuspect: true },
    });
    expect(told([unknown], stressOf({ load: 40, io: 20, memory: 30 }))).to.deep.equal([]);
  });
});

describe('culprits of a pause (row 47)', () => {
  const entry = (processes: readonly ProcessShare[], stress = calm) => ({
    sample: sampleOf({}),
    stress,
    processes,
  });

  it('are who was heavy before it or while it lasted, also when the host seemed calm', () => {
    const before = [shareOf({ pid: 1, name: 'before', cpuPercent: 90 })];
    const during = shareOf({ pid: 2, name: 'during', writtenBytesPerSecond: 70e6 });
    const after = [shareOf({ pid: 1, name: 'before', cpuPercent: 0 }), during];
    const culprits = culpritsOfPause([entry([]), entry(before), entry([])], after);
    expect(culprits.map(({ process, why }) => `${process.name} ${why}`)).to.deep.equal([
      'before cpu',
      'during io',
    ]);
  });

  it('take a pid that was given anew for another process', () => {
    const before = [shareOf({ pid: 1, name: 'old', startTicks: 1, cpuPercent: 90 })];
    const after = [shareOf({ pid: 1, name: 'new', startTicks: 2, cpuPercent: 80 })];
    const names = culpritsOfPause([entry(before)], after).map(({ process }) => process.name);
    expect(names).to.deep.equal(['old', 'new']);
  });

  it('are none where nobody did much', () => {
    expect(culpritsOfPause([], [])).to.deep.equal([]);
    expect(culpritsOfPause([entry([shareOf({ pid: 1 })])], [shareOf({ pid: 1 })])).to.deep.equal(
      [],
    );
  });
});
