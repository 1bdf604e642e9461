// A look is held against what the kernel says, and against vmstat, before and after it: whatever else
// runs on this machine meanwhile, a counter that only grows must lie between the two.
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { openHost } from '../../../../../modules/monitoring/host/host.ts';
import type { HostLook } from '../../../../../modules/monitoring/host/look.ts';
import { kernelUnits } from '../../../../../modules/monitoring/kernel-units.ts';

const { tickMs, pageBytes } = kernelUnits();
const noVmstat = whyNot('vmstat', ['--version'], 'Debian: procps');

describe('monitoring/host/linux: what it reads is what the kernel says', () => {
  const host = openHost({ tell: () => undefined });

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  /** Looks around something, and hands over all three. */
  function around<Between>(between: () => Between): [HostLook, Between, HostLook] {
    const before = host.look();
    return [before, between(), host.look()];
  }

  it(`agrees with vmstat -s on time, switches, faults and memory${noVmstat ?? ''}`, function () {
    if (noVmstat !== null) return void this.skip();
    const [before, said, after] = around(() => linesOf(run('vmstat', ['-s'])));
    const ticks = (...names: string[]): number =>
      names.reduce((sum, name) => sum + figureIn(said, `${name} cpu ticks`), 0) * tickMs;
    const busy = ticks('non-nice user', 'nice user', 'system', 'IRQ', 'softirq');
    expectWithin(before.cpu.times?.busyMs, busy, after.cpu.times?.busyMs);
    expectWithin(before.clocks.stealMs, ticks('stolen'), after.clocks.stealMs);
    const switches = figureIn(said, 'CPU context switches');
    expectWithin(before.cpu.contextSwitches, switches, after.cpu.contextSwitches);
    const swappedIn = figureIn(said, 'pages swapped in') * pageBytes;
    expectWithin(before.memory.swapInBytes, swappedIn, after.memory.swapInBytes);
    expect(before.memory.totalBytes).to.equal(figureIn(said, 'K total memory') * 1024);
  });

  it(`agrees with vmstat -d on every disk that counts${noVmstat ?? ''}`, function () {
    if (noVmstat !== null) return void this.skip();
    const [before, said, after] = around(() => linesOf(run('vmstat', ['-d'])));
    // A container may have none.
    if (!before.disks?.size) return void this.skip();
    for (const [name, was] of before.disks) {
      const columns = said.find((line) => line.startsWith(`${name} `))?.split(/\s+/) ?? [];
      const is = after.disks?.get(name);
      expectWithin(was.readBytes, Number(columns[3]) * 512, is?.readBytes);
      expectWithin(was.writtenBytes, Number(columns[7]) * 512, is?.writtenBytes);
    }
  });

  it('agrees with /proc/pressure, or is null where there is none (row 46)', () => {
    for (const of of ['cpu', 'memory', 'io'] as const) {
      const [before, said, after] = around(() => readIfThere(`/proc/pressure/${of}`));
      if (said === null) expect(before.pressure[of]).to.equal(null);
      else {
        const [least, most] = [before, after].map((look) => look.pressure[of]?.some.totalMs);
        expectWithin(least, Number(/^some .*total=(\d+)$/m.exec(said)?.[1]) / 1000, most);
      }
    }
  });

  it('agrees with /proc/stat on steal, and with /proc/uptime (row 46)', () => {
    const [before, said, after] = around(() => ({
      steal: Number(readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/)[8]) * tickMs,
      bootMs: Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000,
    }));
    expectWithin(before.clocks.stealMs, said.steal, after.clocks.stealMs);
    expectWithin(before.clocks.bootMs, said.bootMs, after.clocks.bootMs);
  });

  it('agrees with the averages of /proc/loadavg and /proc/pressure while they stand still', () => {
    const text = (): string =>
      ['loadavg', 'pressure/io'].map((name) => readIfThere(`/proc/${name}`) ?? '').join('');
    // They change every few seconds: of a look between two equal texts it is known what it saw.
    for (;;) {
      const said = text();
      const { cpu, pressure } = host.look();
      if (text() !== said) continue;
      expect(cpu.load?.map((load) => load.toFixed(2)).join(' ')).to.equal(
        said.split(' ').slice(0, 3).join(' '),
      );
      const average = /some avg10=(\S+)/.exec(said)?.[1];
      expect(pressure.io?.some.average10.toFixed(2)).to.equal(average);
      return;
    }
  });

  it('agrees with /sys/class/thermal, or is null where there are no zones (row 46)', () => {
    const folder = '/sys/class/thermal';
    const zones = (existsSync(folder) ? readdirSync(folder) : []).filter((name) =>
      name.startsWith('thermal_zone'),
    );
    const sensors = existsSync('/sys/class/hwmon') ? readdirSync('/sys/class/hwmon') : [];
    const { celsius } = host.look().thermal;
    if (zones.length === 0 && sensors.length === 0) expect(celsius).to.equal(null);
    else if (zones.length > 0 && sensors.length === 0) expect(celsius).to.be.within(-40, 200);
  });

  it('counts the cores that are online', () => {
    expect(host.look().cpu.onlineCores).to.equal(
      Number(run('getconf', ['_NPROCESSORS_ONLN']).trim()),
    );
  });
});

function expectWithin(least: Maybe, value: number, most: Maybe): void {
  expect([least, most], 'what the looks around it found').to.satisfy(isKnown);
  // Sums of counts that are divided again differ in the last digit.
  expect(value).to.be.within((least ?? 0) - 1e-3, (most ?? 0) + 1e-3);
}

type Maybe = number | null | undefined;

function isKnown(values: readonly Maybe[]): boolean {
  return values.every((value) => typeof value === 'number');
}

/** Of lines such as `  5864061 non-nice user cpu ticks`. */
function figureIn(lines: readonly string[], name: string): number {
  const line = lines.find((candidate) => candidate.endsWith(` ${name}`));
  expect(line, `what vmstat says of "${name}"`).to.be.a('string');
  return Number.parseInt(line ?? '', 10);
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim());
}

/** Null too for pressure that is built into the kernel and switched off. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EOPNOTSUPP'].includes(code)) throw error;
    return null;
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: 20_000 });
}

/** For the title of a test that cannot run; null when it can. */
function whyNot(program: string, args: readonly string[], where: string): string | null {
  try {
    run(program, args);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return ` — skipped: there is no ${program} here (${where})`;
  }
}
