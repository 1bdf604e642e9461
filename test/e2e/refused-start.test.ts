import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { RpcError } from '../../rpc/client.ts';
import { isRunning, killAll } from '../support/processes.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const top = { ...sleeper, depends_on: ['base'] };

describe('a start that a stopped dependency refuses', () => {
  const homes = temporaryHomes();

  it('is remembered by the next daemon after a kill -9, and by the dependency’s return', async () => {
    const home = homes.create({ modules: { base: sleeper, top } });
    const daemon = await home.foreground({ stdout: 'ignore' }).ready();
    const rpc = await home.rpc();
    await rpc.call('module.stop', { module: 'base' });
    const refusal: unknown = await rpc
      .call('module.start', { module: 'top' })
      .catch((error: unknown) => error);
    expect(refusal).to.be.an.instanceOf(RpcError).with.property('code', -32005);
    await until('what was asked is stored', () => storedClaim(home.paths.state) === 'up');
    killAll([daemon.pid]);
    await until('the daemon is gone', () => !isRunning(daemon.pid));

    await home.foreground({ stdout: 'ignore' }).ready();
    const held = { state: 'stopped', reason: 'dependency_stopped', wanted: 'up' };
    expect(await home.module('top')).to.include(held);
    await (await home.rpc()).call('module.start', { module: 'base' });
    await home.reaches('top', 'running');
  });
});

function storedClaim(path: string): unknown {
  const { modules } = JSON.parse(readFileSync(path, 'utf8')) as {
    modules: Record<string, { operator: unknown } | undefined>;
  };
  return modules['top']?.operator;
}
