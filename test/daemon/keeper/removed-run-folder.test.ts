import { expect } from 'chai';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { LaunchSpec } from '../../../daemon/keeper/protocol.ts';
import { until } from '../../support/until.ts';
import { gapsIn, type KeeperHome, keeperHomes } from './keeper-home.ts';

describe('a run folder that somebody removes', () => {
  const homes = keeperHomes();

  it('costs no process its life, nor a line, when the keeper dies after it', async () => {
    const home = homes.create();
    await survives(home, home.node('trading', counting));
  });

  it('costs no thread its life, nor a line, when the keeper dies after it', async () => {
    const home = homes.create();
    const script = join(home.path, 'thread.mjs');
    writeFileSync(script, counting);
    await survives(home, home.shell('trading', '', { kind: 'thread', argv: [script] }));
  });

  it('costs none its life either under a daemon that came after it', async () => {
    const home = homes.create();
    const earlier = await home.watch();
    const { identity } = await earlier.guardian.spawn(home.node('trading', counting));
    await home.line('trading', 'n5');
    remove(home.runDir);
    await until('its record is there again', () => existsSync(recordOf(home)));
    await earlier.guardian.stop();
    const watched = await home.watch();
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('the next keeper serves', () => watched.replacements.length > 0);
    await logsOn(home);
    expect(watched.guardian.children[0]).to.deep.include({ identity, exit: null });
  });
});

const counting = `let n = 0; setInterval(() => console.log('n' + ++n), 5);`;

async function survives(home: KeeperHome, spec: LaunchSpec): Promise<void> {
  const watched = await home.watch();
  const { identity, launch } = await watched.guardian.spawn(spec);
  await home.line('trading', 'n5');
  remove(home.runDir);
  await until('its record is there again', () => existsSync(recordOf(home)));
  // As before a reload or a new daemon's start: the same names, other pipes.
  await watched.guardian.prepare(['trading']);
  process.kill(home.keeperPid(), 'SIGKILL');
  await until('the next keeper serves', () => watched.replacements.length > 0);
  expect(watched.replacements[0]?.[0]).to.deep.include({ identity, launch, exit: null });
  await logsOn(home);
  const numbers = home.texts('trading', 1).map((text) => Number(text.slice(1)));
  expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
  // At most what was read and not yet written when the keeper died.
  expect(gapsIn([0, ...numbers])).to.be.at.most(1);
  expect(watched.exits.size).to.equal(0);
}

/** As `rm -r` until it succeeds: the keeper may be making anew what is being removed. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, maxRetries: 10 });
}

async function logsOn(home: KeeperHome): Promise<void> {
  const count = home.stored('trading', 1).length;
  await until('its lines are stored', () => home.stored('trading', 1).length > count + 100);
}

function recordOf(home: KeeperHome): string {
  return join(home.runDir, 'trading.json');
}
