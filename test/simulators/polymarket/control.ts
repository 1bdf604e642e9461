import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';
import type { Simulator } from './simulator.ts';

const host = '127.0.0.1';
const pageMax = 10_000;
const bodyBytesMax = 64 * 1024;

/**
 * The simulator's own side, on a port that no fault touches: what it did, to compare with, and what
 * it is to do. Pages are `{rows, next}`; `next` is null on the last.
 *
 *     GET  /state /trades?from=0&limit=10000 /count?from_ms=…&until_ms=… /markets?from=0 /resolutions /faults
 *     POST /pause /resume /fault {"fault": {"kind": "freeze", "share": 1}, "duration_ms": 5000}
 */
export async function openControl(simulator: Simulator, port: number) {
  const server = createServer((request, response) => void serve(simulator, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as { port: number }).port}`,
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await answerTo(simulator, request).catch((error: unknown) => ({
    status: 400,
    body: { error: (error as Error).message },
  }));
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.body));
}

async function answerTo(simulator: Simulator, request: IncomingMessage) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  const from = Number(searchParams.get('from') ?? 0);
  const limit = Math.min(Number(searchParams.get('limit') ?? pageMax), pageMax);
  const { ledger } = simulator;
  const ok = (body: unknown) => ({ status: 200, body });
  switch (`${request.method ?? ''} ${pathname}`) {
    case 'GET /state':
      return ok({
        urls: simulator.urls,
        trades: ledger.tradeCount,
        markets: simulator.markets.length,
        ...simulator.listeners,
      });
    case 'GET /count': {
      const [fromMs, untilMs] = ['from_ms', 'until_ms'].map((name) => searchParams.get(name));
      return ok({ trades: ledger.countBetween(Number(fromMs), Number(untilMs)) });
    }
    case 'GET /trades':
      return ok(page(ledger.trades(from, limit), from, limit, ledger.tradeCount));
    case 'GET /markets':
      return ok(page(ledger.markets(from, limit), from, limit, simulator.markets.length));
    case 'GET /resolutions':
      return ok({ rows: ledger.resolutions(), next: null });
    case 'GET /faults':
      return ok({ rows: ledger.faults, next: null });
    case 'POST /pause':
      simulator.pause();
      return ok({ trades: ledger.tradeCount });
    case 'POST /resume':
      simulator.resume();
      return ok({ trades: ledger.tradeCount });
    case 'POST /fault': {
      const { fault, duration_ms } = (await readJson(request)) as {
        fault: Fault;
        duration_ms: number;
      };
      setTimeout(simulator.begin(fault), duration_ms).unref();
      return ok({});
    }
  }
  return { status: 404, body: { error: 'no such path' } };
}

function page(rows: readonly unknown[], from: number, limit: number, count: number) {
  const next = from + limit < count ? from + limit : null;
  return { rows, next };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length > bodyBytesMax) throw new Error('the body is too long');
  }
  return JSON.parse(text) as unknown;
}
