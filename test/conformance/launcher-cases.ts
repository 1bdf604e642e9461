// The six module types, and in what they differ from each other as seen from outside.
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { compiledTree } from '../support/programs.ts';
import { pythonEnv, whyNoPython } from '../support/python.ts';

export interface LauncherCase {
  readonly type: string;
  /** Why it cannot be tested on this machine; null when it can. */
  readonly skipped: string | null;
  /** A module's own section of daemon.yaml. */
  readonly make: (entry: string, port: number) => Readonly<Record<string, unknown>>;
  /** What `make` puts into the module's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly entries: Readonly<Record<'sample' | 'absent' | 'broken', string>>;
  /** Variables that the type adds by itself. */
  readonly added: readonly string[];
  readonly differs: Differences;
}

interface Differences {
  /** The arguments are the server's: what they do is seen in a header of its answers. */
  readonly server?: { readonly args: readonly string[]; readonly header: string };
  /** A thread has no process of its own: that of the host may go on. */
  readonly pidIsOfTheHost?: boolean;
  /** How a module that hangs ends, where the stop signal is enough. Default: SIGKILL. */
  readonly hangEndsBy?: NodeJS.Signals;
}

const fixtures = join(packageRoot(), 'test', 'fixtures', 'launchers');
const compiled = join(compiledTree, 'test', 'fixtures', 'launchers');

const scripts = {
  sample: join(compiled, 'sample.js'),
  absent: join(compiled, 'absent.js'),
  broken: join(compiled, 'imports_missing.js'),
};

export const launcherCases: readonly LauncherCase[] = [
  {
    type: 'node',
    skipped: null,
    make: (script) => ({ type: 'node', module: script }),
    entries: scripts,
    env: {},
    added: [],
    differs: {},
  },
  {
    type: 'exec',
    skipped: null,
    // A path with a slash is taken as it is; that of Node itself stands for any program.
    make: (script) => ({
      type: 'exec',
      command: script === scripts.absent ? [script] : [process.execPath, script],
    }),
    entries: scripts,
    env: {},
    added: [],
    differs: {},
  },
  {
    type: 'thread',
    skipped: null,
    make: (script) => ({ type: 'thread', module: script }),
    entries: scripts,
    env: {},
    added: [],
    differs: { pidIsOfTheHost: true },
  },
  {
    type: 'python',
    skipped: whyNoPython(),
    make: (module) => ({ type: 'python', module, cwd: fixtures }),
    entries: { sample: 'sample', absent: 'absent', broken: 'imports_missing' },
    env: pythonEnv,
    added: ['PYTHONUNBUFFERED'],
    differs: {},
  },
  {
    type: 'uvicorn',
    skipped: whyNoPython('uvicorn'),
    make: (app, port) => ({
      ...{ type: 'uvicorn', app, port, cwd: fixtures },
      healthcheck_endpoint: '/health',
    }),
    entries: { sample: 'asgi:app', absent: 'absent:app', broken: 'imports_missing:app' },
    env: pythonEnv,
    added: ['PYTHONUNBUFFERED'],
    differs: { server: { args: ['--header', 'x-mode:paper'], header: 'x-mode' } },
  },
  {
    type: 'flask',
    skipped: whyNoPython('flask', 'waitress'),
    make: (app, port) => ({
      ...{ type: 'flask', app, host: '127.0.0.1', port, cwd: fixtures },
      healthcheck_endpoint: '/health',
    }),
    entries: { sample: 'wsgi:app', absent: 'absent:app', broken: 'imports_missing:app' },
    env: pythonEnv,
    added: ['PYTHONUNBUFFERED'],
    differs: {
      server: { args: ['--ident=paper'], header: 'server' },
      // waitress leaves SIGTERM to the kernel, which asks nobody.
      hangEndsBy: 'SIGTERM',
    },
  },
];
