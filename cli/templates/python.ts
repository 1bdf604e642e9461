/** A program in plain Python, which finds superbot_module.py beside it. */
import type { MakeTemplate } from './template.ts';

export const pythonTemplate: MakeTemplate = ({ name, dir }) => ({
  files: { 'main.py': script(name) },
  usesPython: true,
  config: {
    ...{ type: 'python', module: 'main', cwd: dir },
    ...{ params: { pause_s: 1 }, ready: { link: true } },
  },
});

function script(name: string): string {
  return `"""${name}, a SuperBot module of type python. The daemon starts, watches and stops it;
"python3 main.py" runs it by hand, without one."""

import superbot_module
from superbot_module import log

ticks = 0


def status(_params):
    return {"ticks": ticks}


def health():
    """Asked every 30 s. No answer, or not healthy, three times in a row, and it is restarted,
    unless it says "restart_helps": False. See it with: superbot-cli health"""
    return {"healthy": True, "details": {"ticks": ticks}}


# What others may call, by full name: superbot-cli rpc call ${name}.status
with superbot_module.connect(methods={"${name}.status": status}, health=health) as module:
    # From "params" in daemon.yaml; for one start: superbot-cli module start ${name} --param pause_s=5
    pause_s = float(module.params.get("pause_s", 1))

    # From here on it counts as running ("ready: {link: true}" in daemon.yaml).
    module.ready()

    # True as soon as it is to end: on "superbot-cli module stop", SIGTERM and Ctrl-C alike.
    while not module.wait(pause_s):
        # The work. Whatever is printed is kept: superbot-cli logs -m ${name}
        ticks += 1
        log("tick", ticks=ticks)

    # What has to happen before the end; the daemon waits for it.
    log("stopped", ticks=ticks)
`;
}
