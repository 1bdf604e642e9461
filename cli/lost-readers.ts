import { exitStatus } from './failure.ts';

/**
 * Lets the program go on, and end by its own word, when whoever reads its output has gone, as in
 * `… | head`. For the program as a whole: usage and mistakes are printed before there is a command.
 *
 * @returns aborted once nobody reads stdout any more
 */
export function surviveLostReaders(): AbortSignal {
  const closed = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    closed.abort();
    if (error.code === 'EPIPE') return;
    process.exitCode = exitStatus.failed;
    process.stderr.write(`error: cannot write the output: ${error.message}\n`);
  });
  // With stderr gone nobody can be told about that; the exit status still says what happened.
  process.stderr.on('error', () => undefined);
  return closed.signal;
}
