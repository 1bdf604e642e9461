/** A JavaScript module, which runs as a process (`type: node`) and as a worker thread alike. */
import { join } from 'node:path';
import type { MakeTemplate, TemplateTarget } from './template.ts';

export const nodeTemplate: MakeTemplate = (target) => ({
  files: { 'main.mjs': script(target, 'node: a process of its own') },
  usesPython: false,
  config: { type: 'node', ...configOf(target) },
});

export const threadTemplate: MakeTemplate = (target) => ({
  files: { 'main.mjs': script(target, 'thread: a worker thread beside others in one process') },
  usesPython: false,
  config: { type: 'thread', ...configOf(target) },
});

function configOf({ dir }: TemplateTarget): object {
  return { module: join(dir, 'main.mjs'), params: { pause_s: 1 }, ready: { link: true } };
}

function script({ name, apiImport }: TemplateTarget, kind: string): string {
  return `// "${name}", a SuperBot module of type ${kind}.
// The daemon starts, watches and stops it; "node main.mjs" runs it by hand, without one.
${apiImport}

let ticks = 0;

const module = connectModule({
  // What others may call, by full name: superbot-cli rpc call ${name}.status
  methods: {
    '${name}.status': () => ({ ticks }),
  },
});

// From "params" in daemon.yaml; for one start: superbot-cli module start ${name} --param pause_s=5
const pauseS = Number(module.params.pause_s ?? 1);

// The work. Whatever is printed is kept: superbot-cli logs -m ${name}
const timer = setInterval(() => {
  ticks += 1;
  log.info('tick', { ticks });
}, pauseS * 1000);

// Asked every 30 s. No answer, or healthy: false, three times in a row, and the module is restarted,
// unless it says restartHelps: false. See it with: superbot-cli health
module.onHealth(() => ({ healthy: true, details: { ticks } }));

// Runs once before the end, on "superbot-cli module stop", SIGTERM and Ctrl-C alike. The module ends
// when nothing holds it open any more: clear timers, close sockets.
module.onShutdown(() => {
  clearInterval(timer);
  log.info('stopped', { ticks });
});

// From here on it counts as running ("ready: {link: true}" in daemon.yaml).
module.ready();
`;
}
