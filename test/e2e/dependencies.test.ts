import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { temporaryHomes } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '600'], ready: { after: 0 } } as const;

describe('modules that depend on each other, from the command line', () => {
  const homes = temporaryHomes();
  const config = {
    modules: {
      database: sleeper,
      trading: { ...sleeper, depends_on: { database: 'ready' } },
      view: { ...sleeper, depends_on: ['trading'] },
      other: { ...sleeper, wants: ['view'] },
      off: { ...sleeper, enabled: false },
    },
    profiles: { minimal: ['database'], full: ['view', 'other'] },
  };

  function statesOf(modules: readonly ModuleStatus[]): Record<string, string> {
    return Object.fromEntries(modules.map(({ module, state }) => [module, state]));
  }

  it('start with a profile exactly its modules and what they need (row 50)', async () => {
    const home = homes.create(config);
    expect((await home.cli('daemon', 'start', '--profile', 'full')).status).to.equal(0);
    await home.reaches('other', 'running');
    const { modules } = await (await home.rpc()).call('module.list', {});
    expect(statesOf(modules)).to.deep.equal({
      ...{ database: 'running', trading: 'running', view: 'running', other: 'running' },
      off: 'stopped',
    });
  });

  it('are not started with a profile that does not exist: the error lists those that do (row 50)', async () => {
    const home = homes.create(config);
    const { status, stderr } = await home.cli('daemon', 'start', '--profile', 'big');
    expect(status).to.equal(1);
    expect(stderr).to.include('there is no profile "big"').and.to.include('minimal, full');
  });

  it('stop under their dependants only with --cascade, and say who went along', async () => {
    const home = homes.create(config);
    await home.start();
    expect((await home.cli('module', 'start', 'view')).status).to.equal(0);
    const refused = await home.cli('module', 'stop', 'database', '--json');
    expect(refused.status).to.equal(5);
    expect(JSON.parse(refused.stdout)).to.have.nested.property('error.code', -32007);
    const stopped = await home.cli('module', 'stop', 'database', '--cascade', '--json');
    expect(stopped.status).to.equal(0);
    expect(JSON.parse(stopped.stdout)).to.deep.include({ also: ['view', 'trading'] });
    const started = await home.cli('module', 'start', 'trading', '--json');
    expect(started.status).to.equal(1);
    expect(JSON.parse(started.stdout)).to.have.nested.property('error.code', -32005);
  });

  it('start and stop all at once with --all, the disabled one left alone', async () => {
    const home = homes.create(config);
    await home.start();
    const started = await home.cli('module', 'start', '--all');
    expect(started.status, started.stderr).to.equal(0);
    const rpc = await home.rpc();
    const { off, ...others } = statesOf((await rpc.call('module.list', {})).modules);
    expect(off).to.equal('stopped');
    expect(new Set(Object.values(others))).to.deep.equal(new Set(['running']));
    const stopped = await home.cli('module', 'stop', '--all');
    expect(stopped.status, stopped.stderr).to.equal(0);
    const states = statesOf((await rpc.call('module.list', {})).modules);
    expect(new Set(Object.values(states))).to.deep.equal(new Set(['stopped']));
  });
});
