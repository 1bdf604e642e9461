/** The shells themselves, asked what they offer once they have loaded our script. */
import { spawnSync } from 'node:child_process';
import type { Shell } from '../../cli/completion-scripts.ts';

/** Why this shell cannot be asked here; null when it can. */
export function whyNoShell(shell: Shell): string | null {
  const { error } = spawnSync(shell, ['--version']);
  return error === undefined ? null : `${shell} is not installed`;
}

export interface Asking {
  /** The shell's arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The words offered, read off what it prints. */
  readonly read: (stdout: string) => string[];
}

/** How each shell is made to complete a line, with the cursor at its end. */
export const completing: Readonly<Record<Shell, (line: string) => Asking>> = {
  // Called as bash calls it: it has no command to complete a line.
  bash: (line) => {
    const words = line.replaceAll('=', ' = ').split(' ');
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = [
      'source <(superbot-cli completion bash)',
      `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}`,
      `_superbot_cli superbot-cli '${words.at(-1) ?? ''}'`,
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ];
    return {
      args: ['--norc', '--noprofile', '-c', script.join('\n')],
      env: {},
      read: linesOf,
    };
  },
  zsh: (line) => ({
    args: ['-f', '-c', zshOuter],
    env: { LINE: line, INNER: zshInner },
    read: (stdout) => insertedWords(line, stdout.trimEnd()),
  }),
  fish: (line) => ({
    args: ['--no-config', '-c', 'superbot-cli completion fish | source; complete -C "$LINE"'],
    env: { LINE: line },
    read: (stdout) => linesOf(stdout).map((text) => text.split('\t', 1).join()),
  }),
};

/** zsh completes in an interactive line editor only, so it gets a terminal: one of zsh's own. */
const zshOuter = `
zmodload zsh/zpty
export OUT=$(mktemp)
zpty inner zsh -f -i
zpty -w inner "$INNER"
zpty -r inner screen '*never*'
cat $OUT; rm $OUT
`;

/** The editor begins with the line, and inserts every match into it instead of showing a menu. */
const zshInner = [
  'exec 2>/dev/null',
  'autoload -Uz compinit && compinit -D -u',
  "zstyle ':completion:*' completer _all_matches _complete",
  "zstyle ':completion:*' insert yes",
  'source <(superbot-cli completion zsh)',
  'zle-line-init() { BUFFER=$LINE CURSOR=$#LINE; zle complete-word; print -r -- "$BUFFER" >$OUT; exit }',
  'zle -N zle-line-init',
].join('; ');

/** What stands in the line instead of its last word. */
function insertedWords(before: string, after: string): string[] {
  if (after === before) return [];
  const start = before.lastIndexOf(' ') + 1;
  return after.slice(start).trim().split(' ');
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
