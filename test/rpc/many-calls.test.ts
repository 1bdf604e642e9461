import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startServer } from './wire.ts';

describe('many calls on one connection', () => {
  it('that all wait for its end are no reason for a warning', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    let waiting = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const server = await startServer({
      handlers: {
        'module.list': async (_params, { signal }) => {
          signal.addEventListener('abort', () => undefined);
          if (++waiting === 20) release();
          await released;
          return { modules: [] };
        },
      },
    });
    const client = await server.connect();
    for (let id = 1; id <= 20; id++) client.send({ jsonrpc: '2.0', method: 'module.list', id });
    for (let id = 1; id <= 20; id++) await client.receive();
    process.off('warning', onWarning);
    await server.stop();
    expect(warnings).to.deep.equal([]);
  });
});
