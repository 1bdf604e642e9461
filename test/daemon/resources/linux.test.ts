import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { totalmem, uptime } from 'node:os';
import { readProcess } from '../../../daemon/processes.ts';
import { usageOf, windowMsMin } from '../../../daemon/resources/busy.ts';
import type { Look } from '../../../daemon/resources/figures.ts';
import { LinuxPlatform } from '../../../daemon/resources/linux.ts';
import { parseLoad, parseNetwork } from '../../../daemon/resources/proc-machine.ts';
import type { RunningModule } from '../../../daemon/resources/trees.ts';
import { killAll, processesOf } from '../../support/processes.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const mb = 1024 ** 2;

(process.platform === 'linux' ? describe : describe.skip)('a look at Linux', () => {
  const folder = temporaryFolders();
  let home = '';
  let platform: LinuxPlatform;
  let keepers: number[] = [];

  beforeEach(() => {
    home = folder();
    keepers = [];
    platform = new LinuxPlatform({ home, keepers: () => keepers });
  });

  afterEach(() => killAll(processesOf(home)));

  /** Runs a program as the keeper would. */
  async function run(command: readonly [string, ...string[]]): Promise<RunningModule> {
    const [program, ...args] = command;
    const env = { PATH: process.env['PATH'], SUPERBOT_HOME: home, SUPERBOT_LAUNCH: 'bot:1' };
    const child = spawn(program, args, { env, detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid!;
    return { name: 'bot', pid, startTime: readProcess(pid)!.startTime };
  }

  function look(modules: readonly RunningModule[]): Promise<Look> {
    return platform.look({ modules, wantsMemory: () => true });
  }

  /** Looks until the module is as `isIt` says. */
  function lookUntil(
    what: string,
    modules: readonly RunningModule[],
    isIt: (look: Look) => boolean,
  ): Promise<Look> {
    return until(what, async () => {
      const seen = await look(modules);
      return isIt(seen) ? seen : null;
    });
  }

  it('counts a child that burns the processor, and one that has left for another session', async () => {
    const burning = 'while :; do :; done';
    const bot = await run(['sh', '-c', `(setsid sleep 999 &); (${burning}) & exec sleep 999`]);
    const isComplete = ({ modules }: Look): boolean => modules.get('bot')?.processes === 3;
    const before = await lookUntil('three processes', [bot], isComplete);
    const spentMs = (seen: Look): number =>
      [...seen.modules.get('bot')!.times.values()].reduce((sum, { ownMs }) => sum + ownMs, 0);
    // A share of less time than that is not told.
    const isLater = (seen: Look): boolean => seen.bootMs - before.bootMs >= windowMsMin;
    const hasWorked = (seen: Look): boolean => spentMs(seen) > spentMs(before) + 50;
    const now = await lookUntil('some work', [bot], (seen) => isLater(seen) && hasWorked(seen));
    const used = usageOf(({ modules }) => modules.get('bot'), now, before);
    expect(used.cpu_percent).to.be.greaterThan(0);
    expect(used).to.include({ processes: 3, threads: 3 });
    expect([...now.modules.get('bot')!.times.keys()]).to.have.members(processesOf(home));
  });

  it('finds what a module has left behind when its own process is gone', async () => {
    const bot = await run(['sh', '-c', '(setsid sleep 999 &); exit 0']);
    const seen = await lookUntil('only the orphan', [], ({ modules }) => {
      return modules.get('bot')?.processes === 1 && readProcess(bot.pid)?.zombie !== false;
    });
    expect(seen.modules.get('bot')).to.include({ processes: 1, threads: 1 });
  });

  it('knows how much memory a tree has, shared pages divided', async () => {
    const script = 'globalThis.held = Buffer.alloc(80 * 1024 ** 2, 1); setInterval(() => 0, 1e6)';
    const bot = await run([process.execPath, '-e', script]);
    let residentBytes = 0;
    const memoryBytes = await until('80 MB', async () => {
      const wantsMemory = (module: string, bytes: number): boolean => {
        if (module === 'bot') residentBytes = bytes;
        return true;
      };
      const { modules } = await platform.look({ modules: [bot], wantsMemory });
      const bytes = modules.get('bot')?.memoryBytes ?? 0;
      return bytes > 80 * mb ? bytes : null;
    });
    // This test's own process has the same program in memory.
    expect(memoryBytes).to.be.lessThan(residentBytes);
  });

  it('measures no memory that nobody wants to know', async () => {
    const bot = await run(['sleep', '999']);
    const seen = await platform.look({ modules: [bot], wantsMemory: () => false });
    expect(seen.modules.get('bot')?.memoryBytes).to.equal(null);
    expect(seen.modules.get('bot')?.processes).to.equal(1);
  });

  it('takes the daemon and its keepers together, without what keepers have reaped', async () => {
    const work = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';
    const keeper = await run(['sh', '-c', `sh -c '${work}'; sleep 999`]);
    keepers = [keeper.pid];
    const reapedMs = (): number =>
      Number(readFileSync(`/proc/${keeper.pid}/stat`, 'utf8').split(' ')[15]);
    await until('the keeper has reaped a child', () => reapedMs() > 0);
    const { daemon } = await look([]);
    expect(daemon?.times.has(process.pid)).to.equal(true);
    expect(daemon?.times.get(keeper.pid)?.reapedMs).to.equal(0);
    expect(daemon?.memoryBytes).to.be.greaterThan(10 * mb);
  });

  it('agrees with the kernel and with df about the machine (row 79)', async () => {
    const network = () => parseNetwork(readFileSync('/proc/net/dev', 'utf8'));
    const load = () => parseLoad(readFileSync('/proc/loadavg', 'utf8'));
    const before = { ...network(), load: load(), upMs: uptime() * 1000 };
    const { machine, bootMs } = await look([]);
    const after = { ...network(), load: load(), upMs: uptime() * 1000 };
    expect([before.load, after.load]).to.deep.include(machine.load);
    expect(machine.network_recv_bytes).to.be.within(
      before.network_recv_bytes!,
      after.network_recv_bytes!,
    );
    expect(machine.network_sent_bytes).to.be.within(
      before.network_sent_bytes!,
      after.network_sent_bytes!,
    );
    expect(bootMs).to.be.within(before.upMs - 20, after.upMs + 20);
    expect(machine.memory_bytes).to.be.within(1, totalmem());
    const share = (100 * machine.memory_bytes!) / totalmem();
    expect(machine.memory_percent).to.be.closeTo(share, 0.1);
    expect(machine.cpu!.busyMs).to.be.within(1, machine.cpu!.totalMs);
    const df = /(\d+)%/.exec(execFileSync('df', ['-P', home], { encoding: 'utf8' }))?.[1];
    // It rounds up, and the disk is in use meanwhile.
    expect(machine.disk_percent).to.be.closeTo(Number(df), 2);
  });
});
