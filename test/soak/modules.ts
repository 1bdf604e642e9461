/** The modules under test: one of each kind that makes it hard to keep to a single copy. */
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';

const program = join(compiledTree, 'test/soak/copy.js');
const quick = { base_delay: '20ms', max_delay: '50ms', jitter: 0, max_restarts: 1_000_000 };
const common = { restart: quick, ready: { after: '0s', timeout: '30s' } };

/** `base` ← `middle` ← `top`: hard dependencies. */
const definitions = {
  base: { type: 'exec', command: [process.execPath, program], ...common },
  middle: {
    type: 'exec',
    command: [process.execPath, program, 'leaves-a-stubborn-child'],
    depends_on: ['base'],
    stop: { timeout: '200ms' },
    ...common,
  },
  top: {
    type: 'node',
    module: program,
    args: ['linked'],
    depends_on: ['middle'],
    ...common,
    ready: { link: true, timeout: '30s' },
  },
  stubborn: {
    type: 'node',
    module: program,
    args: ['ignores-term'],
    stop: { timeout: '300ms' },
    ...common,
  },
  threaded: { type: 'thread', module: program, ...common },
  brittle: {
    type: 'exec',
    command: ['sh', '-c', 'exit 1'],
    ...common,
    restart: { ...quick, max_restarts: 3 },
  },
  extra: { type: 'exec', command: [process.execPath, program], ...common },
} as const;

export type ModuleName = keyof typeof definitions;
export const names = Object.keys(definitions) as ModuleName[];

/** Ends by itself at once, so that it is never told to. */
export const endsByItself: ReadonlySet<string> = new Set(['brittle']);

export interface Variant {
  /** Handed to the modules' programs. */
  readonly dir: string;
  /** Changes of each module's environment so far. */
  readonly generations: Readonly<Record<string, number>>;
  readonly hasExtra: boolean;
}

/** The value of `daemon:`; every module that is there is started by itself. */
export function configOf({ dir, generations, hasExtra }: Variant): object {
  const present = names.filter((name) => name !== 'extra' || hasExtra);
  const modules = present.map((name) => {
    const env = { SOAK_DIR: dir, GENERATION: String(generations[name] ?? 0) };
    return [name, { ...definitions[name], env }] as const;
  });
  return { modules: Object.fromEntries(modules), autostart: present };
}
