import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { residentBytes } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { keeperHomes } from './keeper-home.ts';

describe('the output of a module', () => {
  const homes = keeperHomes();

  it('loses no line and no order to rotation under load', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const log = { maxSizeBytes: 300_000, keep: 100, overflow: 'block' } as const;
    const spec = home.shell('trading', 'seq 1 100000', { log });
    await guardian.spawn(spec);
    await exitOf(spec.launch);
    await home.line('trading', '100000');
    const stored = home.stored('trading');
    expect(stored).to.have.length(100_000);
    expect(stored.every(({ seq, text }, i) => seq === i + 1 && text === String(i + 1))).to.equal(
      true,
    );
  });

  it('goes to a new file when somebody removed or moved the old one', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const script = 'while read x; do echo $x; done < orders';
    execFileSync('mkfifo', [join(home.path, 'orders')]);
    await guardian.spawn(home.shell('trading', script, { cwd: home.path }));
    const orders = openSync(join(home.path, 'orders'), 'w');
    writeSync(orders, 'one\n');
    await home.line('trading', 'one');
    rmSync(join(home.logsDir, 'trading.log'));
    writeSync(orders, 'two\n');
    expect(await home.line('trading', 'two')).to.include({ seq: 2 });
    renameSync(join(home.logsDir, 'trading.log'), join(home.logsDir, 'moved'));
    writeSync(orders, 'three\n');
    expect(await home.line('trading', 'three')).to.include({ seq: 3 });
    closeSync(orders);
  });

  it('comes to a follower as it comes to the file', async () => {
    const home = homes.create();
    const { guardian, lines } = await home.watch();
    await guardian.spawn(home.shell('silent', 'echo unheard; exec sleep 60'));
    await home.line('silent', 'unheard');
    expect(await guardian.follow(['trading'])).to.include({ silent: 1 });
    await guardian.spawn(home.shell('trading', 'echo a; echo b >&2; exec sleep 60'));
    await until('both lines have come', () => lines.length === 2);
    await until('both lines are stored', () => home.texts('trading').length === 2);
    expect(lines).to.deep.equal(home.stored('trading'));
  });

  it('reaches a follower behind a keeper that died', async () => {
    const home = homes.create();
    const { guardian, lines, replacements } = await home.watch();
    await guardian.follow(['trading']);
    await guardian.spawn(
      home.shell('trading', 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done'),
    );
    await until('some lines have come', () => lines.length > 5);
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('a new keeper serves', () => replacements.length === 1);
    const count = lines.length;
    await until('more lines have come', () => lines.length > count + 5);
  });

  it('is stored in parts where a line is very long', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const code = "process.stdout.write('€'.repeat(100000) + '\\n')";
    const spec = home.node('trading', code);
    await guardian.spawn(spec);
    await exitOf(spec.launch);
    const last = await until('the last part', () =>
      home.stored('trading').find(({ cont }) => cont === undefined),
    );
    const stored = home.stored('trading');
    expect(stored.at(-1)).to.deep.equal(last);
    expect(stored.map(({ text }) => text).join('')).to.equal('€'.repeat(100_000));
  });

  it('under overflow: block makes the module wait instead of filling the keeper', async () => {
    const home = homes.create();
    const { guardian, exitOf } = await home.watch();
    const log = { maxSizeBytes: 4_000_000, keep: 3, overflow: 'block' } as const;
    const script = `yes ${'x'.repeat(99)} | head -n 400000`;
    const spec = home.shell('trading', script, { log });
    await guardian.spawn(spec);
    let peakBytes = 0;
    const looking = setInterval(() => {
      peakBytes = Math.max(peakBytes, residentBytes(home.keeperPid()));
    }, 20);
    const exit = await exitOf(spec.launch).finally(() => clearInterval(looking));
    expect(exit.seq, 'all 40 MB were taken').to.equal(400_000);
    expect(peakBytes).to.be.within(1, 150 * 1024 * 1024);
  });
});
