// The CLI as it ships, one bundled file, run as its own process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { packageRoot } from '../../config/paths.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BundledCli {
  /** The folder that holds `cli/superbot-cli.js`; the CLI looks for the daemon beside that. */
  readonly dir: string;
  /** Every source file in the bundle, as paths from the package's root. */
  readonly inputs: readonly string[];
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  remove(): Promise<void>;
}

/** Bundles with the settings of build.mjs into a folder of its own. */
export async function bundleCli(): Promise<BundledCli> {
  const root = packageRoot();
  await mkdir(join(root, '.build'), { recursive: true });
  const dir = await mkdtemp(join(root, '.build', 'cli-'));
  const file = join(dir, 'cli', 'superbot-cli.js');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    metafile: true,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  const start: BundledCli['start'] = (args, env = {}) =>
    spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
  return {
    dir,
    inputs: Object.keys(metafile.inputs),
    start,
    run: async (args, env) => ended(start(args, env)),
    remove: () => rm(dir, { recursive: true }),
  };
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
