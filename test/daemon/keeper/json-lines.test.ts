import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  readJsonLines,
  writeJsonLine,
  writeJsonLineSoon,
} from '../../../daemon/keeper/json-lines.ts';
import { until } from '../../support/until.ts';

describe('lines between keeper and daemon', () => {
  let folder: string;
  let server: Server;
  let writing: Socket;
  let reading: Socket;
  let chunks: string[];
  let messages: unknown[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'superbot-lines-'));
    server = createServer().listen(join(folder, 's'));
    await once(server, 'listening');
    writing = connect(join(folder, 's'));
    [reading] = (await once(server, 'connection')) as [Socket];
    [chunks, messages] = [[], []];
    readJsonLines(reading, 1000, (message) => messages.push(message));
    reading.on('data', (chunk: string) => chunks.push(chunk));
  });
  afterEach(() => {
    for (const socket of [writing, reading]) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('that can wait for the end of the turn leave it in one piece', async () => {
    for (const n of [1, 2, 3]) writeJsonLineSoon(writing, n);
    expect(writing.writableCorked, 'nothing has left yet').to.equal(1);
    await until('all are there', () => messages.length === 3);
    expect(messages).to.deep.equal([1, 2, 3]);
    expect(chunks).to.deep.equal(['1\n2\n3\n']);
  });

  it('are not overtaken by one that cannot wait', async () => {
    writeJsonLineSoon(writing, 1);
    writeJsonLine(writing, 2);
    expect(writing.writableCorked, 'it has left').to.equal(0);
    writeJsonLineSoon(writing, 3);
    await until('all are there', () => messages.length === 3);
    expect(messages).to.deep.equal([1, 2, 3]);
  });

  it('that wait are sent when the connection is ended in the same turn', async () => {
    writeJsonLineSoon(writing, 1);
    writing.end();
    await once(reading, 'end');
    expect(messages).to.deep.equal([1]);
  });
});
