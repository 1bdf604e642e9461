import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { TestDaemon } from './daemon.ts';
import { failure } from '../../rpc/failure.ts';

const program = fileURLToPath(new URL('../../fixtures/linked-module.js', import.meta.url));

interface LogLine {
  msg: string;
  name?: string | null;
  params?: unknown;
  phase?: string;
  deadlineMs?: number;
}

/** A module in a process of its own, and what it says. */
class Program {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [program], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exit = once(this.child, 'exit');
    const lines: Interface = createInterface({ input: this.child.stdout! });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Its next line of this message; lines before it are skipped. */
  async says(message: string): Promise<LogLine> {
    for (;;) {
      const { value, done } = (await this.#lines.next()) as IteratorResult<string, undefined>;
      if (done === true) throw new Error(`it ended without saying ${message}`);
      const line = JSON.parse(value) as LogLine;
      if (line.msg === message) return line;
    }
  }
}

describe('a module', () => {
  let daemon: TestDaemon;
  const programs: Program[] = [];

  beforeEach(async () => {
    daemon = await TestDaemon.create();
    await daemon.start();
  });
  afterEach(async () => {
    for (const { child, exit } of programs.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exit;
      }
    }
    await daemon.remove();
  });

  function launch(env: Record<string, string>): Program {
    const started = new Program(env);
    programs.push(started);
    return started;
  }

  it('gets its params, says hello and ready, and answers calls', async () => {
    const running = launch(daemon.env);
    const up = await running.says('up');
    expect(up).to.deep.include({ name: 'sample', params: { speed: 50 } });
    const peer = await daemon.hello();
    expect(await daemon.next()).to.deep.equal({ kind: 'ready' });
    expect(await peer.call('sample.echo', { a: 1 })).to.deep.equal({ a: 1 });
  });

  it('shuts down on link.shutdown by phases, answers when done, and ends with 0 (row 73)', async () => {
    const running = launch(daemon.env);
    const peer = await daemon.hello();
    expect(await peer.call('link.shutdown', { deadline_ms: 1234 })).to.deep.equal({});
    expect(await running.says('shutdown')).to.include({ phase: 'pre' });
    expect(await running.says('shutdown')).to.include({ phase: 'cleanup', deadlineMs: 1234 });
    expect(await running.says('shutdown')).to.include({ phase: 'post' });
    expect(await running.exit).to.deep.equal([0, null]);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`shuts down on ${signal} and ends with 0`, async () => {
      const running = launch(daemon.env);
      const peer = await daemon.hello();
      running.child.kill(signal);
      await running.says('shutdown');
      expect(await running.exit).to.deep.equal([0, null]);
      await peer.closed;
    });
  }

  it('shuts down once when signal and link.shutdown come together (row 73)', async () => {
    const running = launch(daemon.env);
    const peer = await daemon.hello();
    const answered = peer.call('link.shutdown', { deadline_ms: 5000 });
    running.child.kill('SIGTERM');
    // Whichever came first, the other must neither run it again nor cut it short.
    await Promise.allSettled([answered]);
    for (const phase of ['pre', 'cleanup', 'post']) {
      expect(await running.says('shutdown')).to.include({ phase });
    }
    expect(await running.exit).to.deep.equal([0, null]);
    expect((await failure(running.says('shutdown'))).message).to.match(/it ended/);
  });

  it('asks the daemon to be halted and waits to be stopped', async () => {
    launch(daemon.env);
    const peer = await daemon.hello();
    expect(await daemon.next()).to.deep.equal({ kind: 'ready' });
    await peer.call('sample.halt');
    expect(await daemon.next()).to.deep.equal({ kind: 'halt', reason: 'the brake' });
    expect(await peer.call('sample.echo', {})).to.deep.equal({});
  });

  it('works on while the daemon is away', async () => {
    const running = launch(daemon.env);
    await daemon.hello();
    expect(await daemon.next()).to.deep.equal({ kind: 'ready' });
    await daemon.stop();
    await daemon.start();
    const peer = await daemon.hello();
    expect(await peer.call('sample.echo', [7])).to.deep.equal([7]);
    expect(running.child.exitCode).to.equal(null);
  });

  it('runs by hand without a daemon, and ends on Ctrl-C', async () => {
    const running = launch({});
    expect(await running.says('up')).to.deep.include({ name: null, params: {} });
    running.child.kill('SIGINT');
    expect(await running.exit).to.deep.equal([0, null]);
  });
});
