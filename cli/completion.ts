/** What may come next on a command line: read off the commands themselves, so that it cannot go stale. */
import type { Argument, Command, Option } from 'commander';
import { daemonTopics } from '../rpc/topic.ts';

/** Names that only the daemon knows. */
export type LiveNames = 'modules' | 'methods' | 'jobs' | 'happenings';

export type Completion =
  /** One of these words. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: LiveNames }
  | { readonly kind: 'files' }
  | { readonly kind: 'nothing' };

export interface CompletedLine {
  readonly completion: Completion;
  /** What stands there already of what is completed. */
  readonly typed: string;
  /** What stands before that in the same word: `--level=`, in shells that do not split it there. */
  readonly before: string;
  /** The options before it that say which daemon is meant. */
  readonly home: string | undefined;
  readonly socket: string | undefined;
}

/** @param words after the program's name, the last one being typed and perhaps empty */
export function completeLine(program: Command, words: readonly string[]): CompletedLine {
  const typed = words.at(-1) ?? '';
  const given: Record<string, string> = {};
  let command = program;
  let operands = 0;
  let awaiting: Option | null = null;
  let isLiteral = false;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== null) {
      // bash takes "--level=info" for three words.
      if (word === '=') continue;
      given[awaiting.attributeName()] = word;
      awaiting = null;
    } else if (!isLiteral && word === '--') isLiteral = true;
    else if (!isLiteral && word.startsWith('-')) {
      const [flag = '', value] = word.split('=', 2);
      const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag);
      if (option !== undefined && takesValue(option)) {
        if (value === undefined) awaiting = option;
        else given[option.attributeName()] = value;
      }
    } else {
      const sub = operands === 0 ? subcommand(command, word) : undefined;
      if (sub === undefined) operands += 1;
      else command = sub;
    }
  }
  const { home, socket } = given;
  const line = { typed, before: '', home, socket };
  if (awaiting !== null) {
    return { ...line, completion: valueOf(awaiting), typed: typed === '=' ? '' : typed };
  }
  if (isLiteral || !typed.startsWith('-')) {
    return { ...line, completion: operandOf(command, operands) };
  }
  const [, before = '', value = ''] = /^(--[^=]+=)(.*)$/s.exec(typed) ?? [];
  if (before === '') return { ...line, completion: optionWords(command) };
  const option = optionsOf(command).find(({ long }) => `${long ?? ''}=` === before);
  const completion: Completion = option === undefined ? { kind: 'nothing' } : valueOf(option);
  return { ...line, completion, typed: value, before };
}

function operandOf(command: Command, position: number): Completion {
  const names = visible(command).map((sub) => sub.name());
  const argument = command.registeredArguments[position] ?? repeated(command.registeredArguments);
  if (argument === undefined) {
    const isNext = position === 0 && names.length > 0;
    return isNext ? { kind: 'words', words: names } : { kind: 'nothing' };
  }
  return argumentCompletion(argument);
}

function repeated(declared: readonly Argument[]): Argument | undefined {
  const last = declared.at(-1);
  return last?.variadic === true ? last : undefined;
}

/** By the argument's name, which says what it is in the help as well. */
function argumentCompletion(argument: Argument): Completion {
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices };
  if (argument.name() === 'name') return { kind: 'modules' };
  if (argument.name() === 'method') return { kind: 'methods' };
  if (argument.name() === 'topic') return { kind: 'words', words: daemonTopics };
  if (argument.name() === 'job') return { kind: 'jobs' };
  if (argument.name() === 'event') return { kind: 'happenings' };
  return { kind: 'nothing' };
}

function valueOf(option: Option): Completion {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  if (option.long === '--module') return { kind: 'modules' };
  const isPath = /<(dir|path|file|endpoint)>/.test(option.flags);
  return { kind: isPath ? 'files' : 'nothing' };
}

function optionWords(command: Command): Completion {
  const words = optionsOf(command)
    .filter((option) => !option.hidden)
    .flatMap(({ long, short }) => long ?? short ?? []);
  return { kind: 'words', words: [...words, '--help'] };
}

/** Its own and those of the commands above it. */
function optionsOf(command: Command): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...above];
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((sub) => sub.name() === word || sub.aliases().includes(word));
}

function visible(command: Command): Command[] {
  const { commands } = command;
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => commands.includes(sub));
}
