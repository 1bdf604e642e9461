import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { watchForEnd } from '../../cli/daemon-end.ts';
import { processIdentity } from '../../cli/process-life.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;

describe('the end of a daemon', () => {
  let dir: string;
  let socketPath: string;
  let child: ChildProcess;
  let pid: number;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sb-end-'));
    socketPath = join(dir, 'superbot.sock');
    await writeFile(socketPath, '');
    child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    pid = child.pid!;
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  async function endChild(): Promise<void> {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  it('has come when its process and its socket are gone', async () => {
    const end = watchForEnd({ pid, socketPath });
    const waiting = end(minuteMs, never);
    await rm(socketPath);
    await endChild();
    expect(await waiting).to.equal('gone');
  });

  it('has not come while its process runs, socket or not', async () => {
    const end = watchForEnd({ pid, socketPath });
    await rm(socketPath);
    expect(await end(1, never)).to.equal('timeout');
  });

  it('was unclean when the socket outlives the process', async () => {
    const end = watchForEnd({ pid, socketPath });
    await endChild();
    expect(await end(minuteMs, never)).to.equal('socket_left');
  });

  it('is not put off by a new daemon on the same path', async () => {
    const end = watchForEnd({ pid, socketPath });
    await rm(socketPath);
    await writeFile(join(dir, 'other'), '');
    await writeFile(socketPath, 'new');
    await endChild();
    expect(await end(minuteMs, never)).to.equal('gone');
  });

  it('is waited for by the socket alone where its pid is not visible', async () => {
    await endChild();
    const end = watchForEnd({ pid, socketPath });
    expect(await end(1, never)).to.equal('timeout');
    await rm(socketPath);
    expect(await end(minuteMs, never)).to.equal('gone');
  });

  it('is no longer waited for after an interruption', async () => {
    const interruption = new AbortController();
    const waiting = watchForEnd({ pid, socketPath })(minuteMs, interruption.signal);
    interruption.abort(new Error('enough'));
    const error: unknown = await waiting.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Error);
  });

  it('counts a zombie as gone', async function () {
    if (process.platform !== 'linux') this.skip();
    // The shell becomes a sleeper that never reaps the child it had before.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [text] = (await once(parent.stdout, 'data')) as [Buffer];
      const end = watchForEnd({ pid: Number(text.toString()), socketPath: null });
      expect(await end(minuteMs, never)).to.equal('gone');
      expect(processIdentity(parent.pid!)).to.be.a('string');
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
