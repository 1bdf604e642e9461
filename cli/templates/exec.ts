/** Any program at all: here a shell script, which needs no link to the daemon. */
import { join } from 'node:path';
import type { MakeTemplate } from './template.ts';

export const execTemplate: MakeTemplate = ({ name, dir }) => ({
  files: { 'run.sh': script(name) },
  executable: 'run.sh',
  usesPython: false,
  config: { type: 'exec', command: [join(dir, 'run.sh')], cwd: dir, params: { greeting: 'hello' } },
});

function script(name: string): string {
  return `#!/bin/sh
# "${name}", a SuperBot module of type exec: any program that runs until it gets SIGTERM. It may be
# in any language; it counts as running after a second ("ready" in daemon.yaml says otherwise).

# Whether it works can be asked by a command: "health: {exec: [...]}" in daemon.yaml.

# Params come as JSON; "args" in daemon.yaml would be $1, $2 and so on.
echo "started with $SUPERBOT_PARAMS"

# What has to happen before the end, on "superbot-cli module stop ${name}".
trap 'echo stopped; exit 0' TERM

# The work. Whatever is printed is kept: superbot-cli logs -m ${name}
ticks=0
while :; do
  ticks=$((ticks + 1))
  echo "tick $ticks"
  # In the background, because a shell heeds a signal only after the command it waits for.
  sleep 1 &
  wait $!
done
`;
}
