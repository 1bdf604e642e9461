import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connectionPoolLimits, threadPoolSizes } from '../../../modules/api/shared-settings.ts';
import { Configuration } from '../../../daemon/configuration.ts';
import { configDirWith } from '../../config/config-folder.ts';

/** A module whose daemon works with these files. */
function moduleOf(files: Readonly<Record<string, string>>) {
  const dir = configDirWith({ 'daemon.yaml': '{}', ...files });
  const configuration = new Configuration({ dir, environment: {}, profile: null });
  return {
    name: 'bot',
    call: (method: string, params?: object) => {
      if (method !== 'config.get') throw new Error(`not expected: ${method}`);
      return Promise.resolve(configuration.ownValueAt((params as { path: string }).path, 'bot'));
    },
  };
}

describe('what modules learn of the sizes of pools', () => {
  const detached = { name: null, call: () => Promise.reject(new Error('there is no daemon')) };

  it('is the same with a configuration that says nothing and without a daemon', async () => {
    const module = moduleOf({});
    const limits = { min: 2, max: 10, waitMs: 30_000, idleMs: 300_000 };
    expect(await connectionPoolLimits(module)).to.deep.equal(limits);
    expect(await connectionPoolLimits(detached)).to.deep.equal(limits);
    const sizes = { default: 10, io: 20, cpu: 4 };
    expect(await threadPoolSizes(module)).to.deep.equal(sizes);
    expect(await threadPoolSizes(detached)).to.deep.equal(sizes);
  });

  it('is what the files say, in milliseconds (rows 82, 88)', async () => {
    const module = moduleOf({
      'daemon.yaml': 'daemon: {resource_allocation: {thread_pools: {cpu: {max_workers: 3}}}}',
      'infrastructure.yaml':
        'infrastructure: {connection_pool: {min_connections: 0, max_connections: 4, connection_timeout: 500ms, idle_timeout: 2m}}',
    });
    expect(await threadPoolSizes(module)).to.deep.equal({ default: 10, io: 20, cpu: 3 });
    const limits = { min: 0, max: 4, waitMs: 500, idleMs: 120_000 };
    expect(await connectionPoolLimits(module)).to.deep.equal(limits);
  });
});
