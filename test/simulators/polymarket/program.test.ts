import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { get, post } from './venue.ts';

const program = path.join(import.meta.dirname, 'main.js');

describe('The simulated venue as a program', () => {
  const started: ChildProcess[] = [];
  afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

  function start(...args: string[]): ChildProcess {
    const { PATH } = process.env;
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    return child;
  }

  async function firstLine(child: ChildProcess): Promise<string> {
    for (const stream of [child.stderr!, child.stdout!]) stream.setEncoding('utf8');
    const lines = createInterface({ input: child.stdout! });
    const errors = createInterface({ input: child.stderr! });
    const line = await Promise.race([once(lines, 'line'), once(errors, 'line')]);
    return String(line[0]);
  }

  it('says where it is, tells what it did, and does as it is told', async () => {
    const child = start('--port', '0', '--markets', '10', '--trades-per-second', '0');
    const [, url, control] = /ready on (\S+), control on (\S+?)[\s"]/.exec(
      `${await firstLine(child)} `,
    )!;
    expect((await get(`${url}/clob/ok`)).body).to.equal('OK');
    const state = await get<{ urls: { gamma: string } }>(`${control}/state`);
    expect(state.body).to.include({ trades: 0, markets: 10, connections: 0 });
    expect(state.body.urls.gamma).to.equal(`${url}/gamma`);
    expect((await get(`${control}/trades`)).body).to.deep.equal({ rows: [], next: null });
    const markets = await get<{ rows: object[]; next: number }>(`${control}/markets?limit=4`);
    expect(markets.body.rows).to.have.length(4);
    expect(markets.body.next).to.equal(4);
    const fault = { kind: 'server-error', share: 1, status: 500 };
    await post(`${control}/fault`, { fault, duration_ms: 600_000 });
    expect((await get(`${url}/clob/ok`)).status).to.equal(500);
    expect((await post(`${control}/fault`, 'nonsense')).status).to.equal(400);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });

  it('ends with 78 when a setting is wrong', async () => {
    const child = start('--markets', 'many');
    const line = firstLine(child);
    expect((await once(child, 'exit'))[0]).to.equal(78);
    expect(await line).to.match(/cannot simulate: .*markets/s);
  });
});
