// The CLI as it ships, one bundled file, run as its own process against servers of the test's own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Metafile } from 'esbuild';
import { after, afterEach, before } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import type { Handlers } from '../../rpc/table.ts';
import { startServer, type TestServer, type TestServerOptions } from '../rpc/wire.ts';
import { compiledTree } from '../support/programs.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

/** For all tests of the suite that this is called in; it leaves nothing behind. */
export class BundledCli {
  readonly #newFolder = temporaryFolders();
  readonly #servers: TestServer[] = [];
  /** The folder that holds `cli/superbot-cli.cjs`; the CLI looks for the daemon beside that. */
  dir = '';
  /** An empty home. */
  home = '';
  /** Every source file in the bundle, as paths from the package's root. */
  inputs: readonly string[] = [];
  /** Those of the parts that it loads when they are asked for. */
  lateInputs: string[] = [];

  constructor() {
    before(() => this.#build());
    afterEach(async () => {
      for (const server of this.#servers.splice(0)) await server.stop();
    });
    after(() => rmSync(this.dir, { recursive: true }));
  }

  get program(): string {
    return join(this.dir, 'cli', 'superbot-cli.cjs');
  }

  start(args: readonly string[], env: Environment = {}): ChildProcess {
    return spawn(process.execPath, [this.program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
  }

  run(args: readonly string[], env?: Environment): Promise<Ended> {
    return ended(this.start(args, env));
  }

  /** A server until the end of the test, and the arguments that make the CLI talk to it. */
  async serve(handlers: Partial<Handlers>, options: TestServerOptions = {}): Promise<string[]> {
    const server = await startServer({ handlers, ...options });
    this.#servers.push(server);
    return ['--home', this.home, '--socket', server.endpoint];
  }

  /** By the function that builds the shipped one, into a folder of its own. */
  async #build(): Promise<void> {
    const root = packageRoot();
    mkdirSync(join(root, '.build'), { recursive: true });
    this.dir = mkdtempSync(join(root, '.build', 'cli-'));
    this.home = this.#newFolder();
    const { bundle } = (await import(pathToFileURL(join(root, 'bundle.mjs')).href)) as {
      bundle: (options: object) => Promise<Metafile & { late: readonly Metafile[] }>;
    };
    const { inputs, late } = await bundle({
      entry: 'cli/main.ts',
      program: this.program,
      tree: compiledTree,
      minify: true,
    });
    this.inputs = Object.keys(inputs);
    this.lateInputs = late.flatMap((part) => Object.keys(part.inputs));
  }
}

/** Resolves when the process has ended and its output is read. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { status, stdout, stderr };
}

/** Resolves with all that came so far once it contains `part`. */
export async function untilOutput(stream: NodeJS.ReadableStream, part: string): Promise<string> {
  let all = '';
  for (;;) {
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    all += chunk.toString();
    if (all.includes(part)) return all;
  }
}
