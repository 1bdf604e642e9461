// A real redis-server of a test's own: on a free port of 127.0.0.1, with a password, its data in
// memory and its folder temporary. Nothing that this machine runs is touched.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** Why nothing can be tested with Redis here; null when it can. */
export function whyNoRedis(): string | null {
  const { error } = spawnSync('redis-server', ['--version']);
  return error === undefined ? null : 'redis-server is not installed';
}

/** The same of TLS: it names the line that it does not understand. */
export function whyNoRedisTls(): string | null {
  const options = ['--tls-replication', 'no', '--port', 'none'];
  const { stdout, stderr } = spawnSync('redis-server', options, { encoding: 'utf8' });
  const isUnknown = `${stdout}${stderr}`.includes('tls-replication');
  return whyNoRedis() ?? (isUnknown ? 'redis-server was built without TLS' : null);
}

export class TestRedis {
  readonly password = 'pw-of-a-test';
  readonly port: number;
  readonly #folder: string;
  readonly #onExit = () => void this.#child?.kill('SIGKILL');
  #child: ChildProcess | null = null;
  #tlsPort: number | null = null;

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join('/tmp', 'sb-redis-'));
    // When the run is interrupted no hook comes any more.
    process.once('exit', this.#onExit);
  }

  /** Resolves when it answers. */
  static async start(): Promise<TestRedis> {
    const redis = await TestRedis.absent();
    await redis.restart();
    return redis;
  }

  /** With an address, but not running yet. */
  static async absent(): Promise<TestRedis> {
    return new TestRedis(await freePort());
  }

  /** Also with TLS, by the certificate of the tests. */
  static async startWithTls(): Promise<TestRedis> {
    const redis = await TestRedis.absent();
    redis.#tlsPort = await freePort();
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://:${this.password}@127.0.0.1:${this.port}`;
  }

  /** As it should be shown: without the password. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The same server, for those who speak TLS. */
  get tlsUrl(): string {
    return `rediss://:${this.password}@127.0.0.1:${this.#tlsPort}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** Begins, unless it runs. */
  async resume(): Promise<void> {
    if (this.#child === null) await this.restart();
    else this.signal('SIGCONT');
  }

  /** Begins without data, on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    const options = {
      port: this.port,
      bind: '127.0.0.1',
      requirepass: this.password,
      dir: this.#folder,
      save: '',
      appendonly: 'no',
      ...(this.#tlsPort === null ? {} : tlsOptions(this.#tlsPort)),
    };
    const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    this.#child = spawn('redis-server', argv, { stdio: 'ignore' });
    await until('redis-server accepts connections', () => isListening(this.port));
  }

  async dispose(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function tlsOptions(port: number): Record<string, string | number> {
  const folder = join(packageRoot(), 'test', 'fixtures', 'tls');
  return {
    'tls-port': port,
    'tls-cert-file': join(folder, 'cert.pem'),
    'tls-key-file': join(folder, 'key.pem'),
    'tls-auth-clients': 'no',
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => socket.destroy());
    socket.once('close', (hadError) => resolve(!hadError));
  });
}
