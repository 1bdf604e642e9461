import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { readJsonLines, writeJsonLine } from '../../../daemon/keeper/json-lines.ts';
import { failure } from '../../rpc/failure.ts';
import { keeperHomes } from '../keeper/keeper-home.ts';

describe('a keeper that a daemon has done with', () => {
  const homes = keeperHomes();
  const server = createServer(serve);
  afterEach(() => server.close());

  it('is followed by no other when it was ended, whatever it was still asked', async () => {
    const home = homes.create();
    server.listen(keeperFiles(home.path).socket);
    await once(server, 'listening');
    const { guardian, said } = await home.watch();
    const asked = [guardian.killAll(), guardian.forget('bot', 'l1'), guardian.discard('bot')];
    asked.push(guardian.stopTree('bot', 'l1', { signal: 'SIGTERM', timeoutMs: 0, scope: 'tree' }));
    await guardian.end();
    expect(await Promise.all(asked)).to.deep.equal([[], undefined, undefined, []]);
    expect(await guardian.killAll()).to.deep.equal([]);
    expect(said).to.deep.equal([]);
    expect(home.processes()).to.deep.equal([]);
  });

  it('is not taken from the next daemon when it was left, whatever it was still asked', async () => {
    const home = homes.create();
    const { guardian } = await home.watch();
    const { launch } = await guardian.spawn(home.shell('bot', 'trap "" TERM; sleep 60; sleep 60'));
    const rule = { signal: 'SIGTERM', timeoutMs: 60_000, scope: 'tree' } as const;
    const stopped = failure(guardian.stopTree('bot', launch, rule));
    await guardian.stop();
    const next = await home.watch();
    expect(await stopped).to.include({ how: 'left' });
    await guardian.forget('bot', launch);
    await next.guardian.prepare([]);
    expect(next.said).to.deep.equal([]);
  });

  /** As a keeper that ends before it has answered all that it was asked. */
  function serve(daemon: Socket): void {
    const answers: Record<string, object> = {
      hello: { children: [] },
      adopt: { children: [] },
      end: {},
    };
    readJsonLines(daemon, 1024 * 1024, (message) => {
      const { id, op } = message as { id: number; op: string };
      const result = answers[op];
      if (result) writeJsonLine(daemon, { id, result });
      if (op !== 'end') return;
      server.close();
      daemon.end();
    });
  }
});
