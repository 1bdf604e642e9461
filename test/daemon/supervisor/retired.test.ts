import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Config } from '../../../config/effective.ts';
import { temporaryHouses } from './temporary-houses.ts';

describe('a module that is taken out of the configuration and cannot be ended', () => {
  const open = temporaryHouses();

  it('is watched once, however often the configuration is read', async () => {
    const life = await open({
      modules: { bot: {} },
      keeper: () => ({ stopTree: () => Promise.resolve([{ pid: 1, command: 'stuck' }]) }),
    });
    await life.start('bot');
    const { life: bot } = life.supervisor.get('bot');
    let watches = 0;
    const watch = bot.watch.bind(bot);
    bot.watch = (callback) => {
      watches++;
      return watch(callback);
    };
    const none = { modules: new Map(), autostart: [] } as unknown as Config;
    life.supervisor.configure(none, new Set());
    await life.reaches('bot', 'failed');
    const before = watches;
    for (let times = 0; times < 20; times++) life.supervisor.configure(none, new Set());
    expect(watches).to.equal(before);
    expect(life.supervisor.names).to.deep.equal(['bot']);
  });
});
