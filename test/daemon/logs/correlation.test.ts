import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once, EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { correlated, correlationId } from '../../../daemon/logs/correlation.ts';
import { DaemonLog } from '../../../daemon/logs/daemon-log.ts';
import type { LogLine } from '../../../rpc/shapes.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('the correlation id of a call (row 69)', () => {
  const newFolder = temporaryFolders();

  it('is in every line that the call sets off, across async work, and in those of no other', async () => {
    const path = join(newFolder(), 'daemon.log');
    const rule = { maxSizeBytes: 1024 * 1024, keep: 1 };
    const { log } = new DaemonLog({ path, rule, level: 'info', onLine: () => undefined });
    const bothStarted = new EventEmitter();
    let started = 0;
    const { 'module.list': list } = correlated(
      {
        'module.list': async () => {
          const call = `call ${(started += 1)}`;
          log.info(call);
          // Each goes on only when the other runs as well.
          if (started === 2) setImmediate(() => bothStarted.emit('both'));
          await once(bothStarted, 'both');
          log.info(call);
          await readFile(path);
          await new Promise((resolve) => setTimeout(resolve, 0));
          log.info(call);
          return { modules: [] };
        },
      },
      'daemon-1',
    );
    log.info('of no call');
    await Promise.all([list(), list()]);

    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const seen = lines.map((line) => JSON.parse(line) as LogLine);
    const idsOf = (text: string) =>
      seen.filter((line) => line.text === text).map(({ fields }) => fields?.['correlation_id']);
    expect(idsOf('call 1')).to.deep.equal(Array(3).fill('module.list#daemon-1-1'));
    expect(idsOf('call 2')).to.deep.equal(Array(3).fill('module.list#daemon-1-2'));
    expect(idsOf('of no call')).to.deep.equal([undefined]);
    expect(correlationId()).to.equal(null);
  });
});
