import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { identifyCaller, type Caller } from '../../../rpc/caller.ts';
import { methods } from '../../../rpc/contract.ts';
import { methodNotFound } from '../../../rpc/dispatch.ts';
import { RpcServer } from '../../../rpc/server.ts';
import { contractDispatcher } from '../../../rpc/table.ts';

const program = path.resolve(import.meta.dirname, '../../../modules/trading/main.js');
const identity = { name: 'trading', launch: 'trading:1' };

describe('the trading program', () => {
  let home: string;
  let server: RpcServer;
  let claimed: string[];
  let onReady: (caller: Caller) => void;
  let children: ChildProcess[];

  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'superbot-trading-'));
    children = [];
    const dispatcher = contractDispatcher({
      handlers: {
        'link.hello': ({ methods: names }, caller) => {
          claimed = names;
          identifyCaller(caller, { role: 'module', module: identity });
          return { launch: identity.launch, config_version: 1, max_message_bytes: 1048576 };
        },
        'link.ready': (_params, caller) => {
          onReady(caller);
          return {};
        },
      },
      claimed: {
        has: () => false,
        call: (method) => Promise.reject(methodNotFound(method)),
      },
      logInternalError: (_reference, error) => {
        throw error;
      },
    });
    server = new RpcServer({
      address: { transport: 'unix', path: path.join(home, 's') },
      auth: 'none',
      identify: () => null,
      dispatcher,
      onAcceptError: (error) => {
        throw error;
      },
    });
    await server.start();
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.stop(0);
    await rm(home, { recursive: true, force: true });
  });

  function launch(params: object): ChildProcess {
    const env = {
      PATH: process.env['PATH'],
      SUPERBOT_HOME: home,
      SUPERBOT_ENDPOINT: server.endpoint ?? '',
      SUPERBOT_MODULE: identity.name,
      SUPERBOT_LAUNCH: identity.launch,
      SUPERBOT_LINK_TOKEN: 'secret',
      SUPERBOT_PARAMS: JSON.stringify(params),
    };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  async function launchUntilReady(
    params: object,
  ): Promise<{ child: ChildProcess; caller: Caller }> {
    const ready = new Promise<Caller>((resolve) => (onReady = resolve));
    const child = launch(params);
    return { child, caller: await ready };
  }

  /** The trades in its log, up to and with the one of this number; then it is killed. */
  async function tradesUntil(
    child: ChildProcess,
    last: number,
  ): Promise<Record<string, unknown>[]> {
    const trades: Record<string, unknown>[] = [];
    for await (const line of createInterface({ input: child.stdout! })) {
      const fields = JSON.parse(line) as Record<string, unknown>;
      if ('trade' in fields) trades.push(fields);
      if (fields['trade'] === last) child.kill('SIGKILL');
    }
    // With those that it wrote before the signal reached it.
    return trades;
  }

  it('claims its methods, answers them in the shapes of the contract, and ends when told', async () => {
    const { child, caller } = await launchUntilReady({ speed: 1000 });
    const exited = once(child, 'exit');
    child.stdout?.resume();
    expect(claimed).to.have.members([
      ...['trading.positions', 'trading.orders', 'trading.balance', 'trading.backtest'],
    ]);
    for (const method of ['trading.positions', 'trading.orders', 'trading.balance'] as const) {
      const answer = await caller.peer.call(method, {});
      expect(methods[method].result.parse(answer)).to.deep.equal(answer);
    }
    await caller.peer.call('link.shutdown', { deadline_ms: 10_000 });
    expect(await exited).to.deep.equal([0, null]);
    const checkpoint = await readFile(path.join(home, 'data', 'trading', 'replay.json'), 'utf8');
    expect(JSON.parse(checkpoint)).to.have.property('nextBar').that.is.a('number');
  });

  it('goes on after kill -9: every trade is in the log, in order, under its number', async () => {
    onReady = () => undefined;
    const before = await tradesUntil(launch({ speed: 1000 }), 2);
    const after = await tradesUntil(launch({ speed: 1000 }), 5);
    const numbers = [...before, ...after].map(({ trade }) => trade);
    // Killed between the line and the save, the second run writes trade 2 once more.
    const told = [...new Set(numbers)];
    expect(told).to.include(5);
    expect(told).to.deep.equal(told.map((_trade, index) => index + 1));
    expect(numbers.length).to.be.at.most(told.length + 1);
    const fifth = after.find(({ trade }) => trade === 5);
    expect(fifth?.['msg']).to.match(/^bought \S+ SP500 at \S+$/);
  });

  it('ends with 78 and one line that names the param that is wrong', async () => {
    onReady = () => undefined;
    const child = launch({ mode: 'live' });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
    expect(await exited).to.deep.equal([78, null]);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('param \\"mode\\" is \\"live\\": expected \\"replay\\"');
  });
});
