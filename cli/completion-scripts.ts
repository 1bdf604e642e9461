/**
 * What each shell sources. The scripts know nothing of the commands: they hand the words typed so far
 * to the hidden command `__complete` and offer the lines that it prints, or files where it asks for them.
 */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The line that `__complete` prints to have the shell offer its own files. */
export const filesDirective = ':files';

// For bash 3.2 as well, which macOS has: no mapfile, no compopt.
const bash = `# superbot-cli completion for bash. Load it with: source <(superbot-cli completion bash)
_superbot_cli() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = '${filesDirective}' ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
      return
    fi
    COMPREPLY+=("$line")
  done < <("$1" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _superbot_cli superbot-cli
`;

const zsh = `# superbot-cli completion for zsh. Load it with: source <(superbot-cli completion zsh)
_superbot_cli() {
  local -a lines
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == '${filesDirective}' ]]; then
    compset -P '--*='
    _files
  else
    compadd -- "\${(@)lines:#}"
  fi
}
compdef _superbot_cli superbot-cli
`;

const fish = `# superbot-cli completion for fish. Load it with: superbot-cli completion fish | source
function __superbot_cli_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    test (count $typed) -eq 0; and set typed ''
    set -l lines ($words[1] __complete -- $words[2..-1] $typed 2>/dev/null)
    if test "$lines[1]" = '${filesDirective}'
        set -l parts (string match --regex -- '^(--[^=]*=|)(.*)' $typed)
        printf '%s\\n' $parts[2](__fish_complete_path $parts[3])
    else
        printf '%s\\n' $lines
    end
end
complete -c superbot-cli -f -a '(__superbot_cli_complete)'
`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
