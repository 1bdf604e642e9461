import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** Does half of its work in synchronous calls that take long. */
const blockedScript = `
  import { connectModule } from ${JSON.stringify(join(compiledTree, 'modules/api/module.js'))};
  connectModule().ready();
  setInterval(() => {
    const endMs = performance.now() + 150;
    while (performance.now() < endMs);
  }, 300);
`;

describe('a module that blocks its event loop (rows 89 and 92, issue 3)', () => {
  const homes = temporaryHomes();

  it('is named in a warning and an event, and its health tells for how long', async () => {
    const home = homes.create();
    const blocked = {
      type: 'node',
      module: home.file('blocked.mjs', blockedScript),
      ready: { link: true },
      health: { link: true, interval: '1s' },
    };
    home.configure({ modules: { blocked }, autostart: ['blocked'] });
    await home.start();
    const rpc = await home.rpc();
    const data = await until('the event is published', async () => {
      const { events } = await rpc.call('events.history', { topics: ['system.loop_lag'] });
      const found = events.map((event) => event.data as { module: string; max_ms: number });
      return found.find(({ module }) => module === 'blocked');
    });
    expect(data.max_ms).to.be.greaterThan(50);
    const { modules } = await rpc.call('monitoring.health');
    const said = modules['blocked']?.details?.details as { loop_lag_ms?: number } | null;
    expect(said?.loop_lag_ms).to.be.greaterThan(50);
    const texts = home.storedLines('daemon').map(({ text }) => text);
    const warning = /^the event loop of blocked is held up, for \d+ ms at once/;
    expect(texts.filter((text) => warning.test(text))).to.have.length(1);
  });
});
