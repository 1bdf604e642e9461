import { expect } from 'chai';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { isAlive } from '../../../daemon/processes.ts';
import { until } from '../../support/until.ts';
import { keeperHomes } from './keeper-home.ts';

describe('a keeper where there is no mkfifo', () => {
  const homes = keeperHomes();
  const path = process.env['PATH'];

  /** The keeper has the PATH of its daemon; modules get one of their own. */
  function hideMkfifo(dir: string): void {
    mkdirSync(dir);
    process.env['PATH'] = dir;
  }
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('stores what modules print, to the last line, launch after launch', async () => {
    const home = homes.create();
    const env = home.shell('trading', '').env;
    hideMkfifo(join(home.path, 'empty'));
    const { guardian, exitOf } = await home.watch();
    for (const round of [1, 2]) {
      const script = 'seq 1 30000; echo oops >&2; printf end; exit 3';
      const spec = home.shell('trading', script);
      await guardian.spawn({ ...spec, env: { ...spec.env, PATH: env['PATH'] ?? '' } });
      const exit = await exitOf(spec.launch);
      expect(exit).to.include({ code: 3, seq: round * 30_002 });
    }
    await until('all is stored', () => home.stored('trading').length === 60_004);
    const stdout = home.stored('trading').filter(({ stream }) => stream === 'stdout');
    const expected = [...Array.from({ length: 30_000 }, (_, i) => String(i + 1)), 'end'];
    expect(stdout.map(({ text }) => text)).to.deep.equal([...expected, ...expected]);
  });

  it('is followed by one that ends what it cannot read on, and starts it once', async () => {
    const home = homes.create();
    hideMkfifo(join(home.path, 'empty'));
    const { guardian, replacements, exitOf } = await home.watch();
    const env = { ...home.shell('trading', '').env, PATH: path ?? '' };
    const spec = home.shell('trading', 'exec sleep 60', { env });
    const { identity } = await guardian.spawn(spec);
    process.kill(home.keeperPid(), 'SIGKILL');
    await until('a new keeper serves', () => replacements.length === 1);
    expect(guardian.children[0]?.exit ?? (await exitOf(spec.launch))).to.include({
      reason: 'custody_lost',
    });
    await guardian.spawn(home.shell('trading', 'exec sleep 60', { env }));
    expect(isAlive(identity)).to.equal(false);
  });
});
