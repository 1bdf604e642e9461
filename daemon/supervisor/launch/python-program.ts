/** The Python that runs a module, and whether it can find what it is to run. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import { LaunchError } from './launcher.ts';

const lookTimeoutMs = 20_000;

/** Prints the first name that cannot be found; importing nothing but the parents of dotted names. */
const findMissing = `
import importlib.util, sys
for name in sys.argv[1:]:
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None:
        print(name)
        break
`;

/** What every Python module gets besides: without it its output would wait in a buffer. */
export const pythonEnvironment = { PYTHONUNBUFFERED: '1' } as const;

/**
 * The interpreter: `python3`, else `python`, of the module's PATH (put a virtual environment's
 * `bin` first in `env.PATH` to use it). Rejects with a LaunchError when it, or one of the modules,
 * cannot be found from `cwd`, and with another Error when the search was cut short.
 */
export async function pythonFor(
  modules: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const python = findProgram(['python3', 'python'], environment['PATH'] ?? '');
  const missing = await firstMissing(python, modules, cwd, environment);
  if (missing === '') return python;
  throw new LaunchError(
    `ModuleNotFoundError: ${python} finds no module "${missing}" from "${cwd}" — install it, or correct the module's configuration`,
  );
}

async function firstMissing(
  python: string,
  modules: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  // With the mark of a launch it would be ended as a part of the module when an earlier launch is.
  const unmarked = Object.entries(env).filter(([name]) => name !== 'SUPERBOT_LAUNCH');
  const options = {
    cwd,
    env: Object.fromEntries(unmarked),
    timeout: lookTimeoutMs,
    encoding: 'utf8',
  } as const;
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', findMissing, ...modules], options);
    return stdout.trim();
  } catch (error) {
    throw notLooked(`cannot look for ${modules.join(', ')} with ${python}`, error as SearchError);
  }
}

/** What execFile rejects with. */
interface SearchError extends Error {
  readonly killed?: boolean;
  readonly signal?: NodeJS.Signals | null;
  readonly stderr?: string;
}

/** One that ran to its end says why; one that was cut short says nothing, and may succeed next time. */
function notLooked(what: string, { killed, signal, stderr = '', message }: SearchError): Error {
  if (killed === true) return new Error(`${what}: no answer within ${lookTimeoutMs / 1000} s`);
  if (signal) return new Error(`${what}: ended by ${signal}`);
  const why = stderr.trim().split('\n').at(-1) ?? '';
  return new LaunchError(`${what}: ${why || message}`);
}
