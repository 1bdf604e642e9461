import { CommanderError } from 'commander';
import { errorCatalogue } from '../rpc/errors.ts';
import { CliError, exitStatus, failureOf } from './failure.ts';
import { surviveLostReaders } from './lost-readers.ts';
import { Output } from './output.ts';
import { createProgram } from './program.ts';
import type { GlobalOptions, RunCommand } from './session.ts';

const closed = surviveLostReaders();
const interruption = new AbortController();

// Once: a second Ctrl-C ends the process at once, should something not heed the first.
process.once('SIGINT', () => interruption.abort());

const run: RunCommand = async (command, action) => {
  const options: GlobalOptions = command.optsWithGlobals();
  const { json = false, quiet = false, color } = options;
  const output = new Output({ json, quiet, color, closed });
  const interrupted = interruption.signal;
  try {
    await action({ options, output, interrupted });
  } catch (error) {
    const failure = failureOf(
      interrupted.aborted && !(error instanceof CliError)
        ? new CliError(exitStatus.interrupted, 'interrupted')
        : error,
    );
    output.failure(failure);
    process.exitCode = failure.exitStatus;
  }
};

void main();

async function main(): Promise<void> {
  try {
    await createProgram(run).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has told the user; its own status for a usage error is 1.
    if (error.exitCode === 0) return;
    process.exitCode = exitStatus.usage;
    if (process.argv.includes('--json')) {
      const { code } = errorCatalogue.invalidParams;
      const document = { error: { code, message: error.message, data: { usage: error.code } } };
      process.stdout.write(`${JSON.stringify(document)}\n`);
    }
  }
}
