import { Argument, type Command } from 'commander';
import { completeLine, type CompletedLine, type LiveNames } from '../completion.ts';
import { completionScripts, filesDirective, shells, type Shell } from '../completion-scripts.ts';
import { type DaemonConnection, endpointOf, withDaemon } from '../connect.ts';
import type { RunCommand, Session } from '../session.ts';

/** Somebody has just pressed Tab: no answer is better than a late one. */
const deadlineMs = 500;

/** `completion bash|zsh|fish`, and what its scripts call. */
export function addCompletionCommands(program: Command, run: RunCommand): void {
  program
    .command('completion')
    .description('the script that makes a shell complete commands, modules and methods')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', completionHelp)
    .action((shell: Shell, _options, command: Command) =>
      run(command, ({ output }) => {
        output.write(completionScripts[shell]);
        return Promise.resolve();
      }),
    );
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[], _options, command: Command) =>
      run(command, (session) => complete(session, completeLine(program, words))),
    );
}

const completionHelp = `
bash:  source <(superbot-cli completion bash)     in ~/.bashrc
zsh:   source <(superbot-cli completion zsh)      in ~/.zshrc, after compinit
fish:  superbot-cli completion fish | source      in ~/.config/fish/config.fish`;

async function complete(session: Session, line: CompletedLine): Promise<void> {
  for (const word of await candidates(session, line)) {
    if (word === filesDirective) session.output.line(word);
    else if (word.startsWith(line.typed)) session.output.line(line.before + word);
  }
}

async function candidates(session: Session, line: CompletedLine): Promise<readonly string[]> {
  const { completion } = line;
  switch (completion.kind) {
    case 'words':
      return completion.words;
    case 'modules':
    case 'methods':
    case 'jobs':
    case 'happenings':
      return liveNames(completion.kind, session, line);
    case 'files':
      return [filesDirective];
    case 'nothing':
      return [];
  }
}

async function liveNames(
  kind: LiveNames,
  session: Session,
  { home, socket }: CompletedLine,
): Promise<string[]> {
  const options = {
    ...session.options,
    ...(home === undefined ? {} : { home }),
    ...(socket === undefined ? {} : { socket: endpointOf(socket) }),
  };
  const interrupted = AbortSignal.any([session.interrupted, AbortSignal.timeout(deadlineMs)]);
  try {
    return await withDaemon({ ...session, options, interrupted }, (daemon) => ask(daemon, kind));
  } catch {
    // Whatever keeps the daemon from answering, a message would only spoil the line being typed.
    return [];
  }
}

async function ask(daemon: DaemonConnection, kind: LiveNames): Promise<string[]> {
  switch (kind) {
    case 'modules':
      return (await daemon.call('module.list', {})).modules.map(({ module }) => module);
    case 'jobs':
      return (await daemon.call('schedule.list', {})).jobs.map(({ job }) => job);
    case 'methods':
      return (await daemon.call('rpc.discover', {})).methods.map(({ name }) => name);
    case 'happenings':
      return (await daemon.call('stress.events', {})).events.map(({ id }) => String(id));
  }
}
