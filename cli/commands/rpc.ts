import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { lifecycleDeadlineMs, timeoutOf, withDaemon } from '../connect.ts';
import { escapeControls } from '../display.ts';
import type { RunCommand, Session } from '../session.ts';

/** `rpc call METHOD [JSON]` and `rpc discover` */
export function addRpcCommands(program: Command, run: RunCommand): void {
  const group = program.command('rpc').description('the API as it is');
  group
    .command('call')
    .description('call any method and print its result')
    .argument('<method>', 'such as module.status')
    .argument('[json]', 'its params, such as \'{"module": "trading"}\'', parseParams)
    .action((method: string, params: object | undefined, _options, command: Command) =>
      run(command, (session) => call(session, method, params)),
    );
  group
    .command('discover')
    .description('the whole API as an OpenRPC document, with what modules answer at present')
    .action((_options, command: Command) =>
      run(command, (session) => call(session, 'rpc.discover', undefined)),
    );
}

async function call(session: Session, method: string, params: object | undefined): Promise<void> {
  const { output } = session;
  const timeoutMs = timeoutOf(session.options, lifecycleDeadlineMs);
  const result = await withDaemon(session, (daemon) => daemon.callAny(method, params, timeoutMs));
  output.answer(result, () => {
    const text = JSON.stringify(result, null, 2);
    output.line(output.isTerminal ? escapeControls(text, '\n') : text);
  });
}

function parseParams(text: string): object {
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
  if (typeof params === 'object' && params !== null) return params;
  throw new InvalidArgumentError('params are a JSON object (or an array).');
}
