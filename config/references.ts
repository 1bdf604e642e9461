/**
 * Names in `daemon.yaml` that must name something else in it. Checked on the document as written, so
 * that these mistakes are told together with those of single values.
 */
import { cyclesIn } from './cycles.ts';
import { nearestName } from './nearest.ts';
import { ownValue } from './own-value.ts';
import type { Path } from './problems.ts';

/** A value that is not the expected one, or a message of its own at a key. */
export type Mistake =
  | { readonly path: Path; readonly expected: string }
  | { readonly path: Path; readonly message: string };

export function referenceMistakes(document: unknown): Mistake[] {
  const modules = mappingAt(document, ['daemon', 'modules']);
  const profiles = Object.keys(mappingAt(document, ['daemon', 'profiles']));
  const startLists = [['autostart'], ...profiles.map((name) => ['profiles', name])];
  return [
    ...startLists.flatMap((path) => startListMistakes(document, ['daemon', ...path], modules)),
    ...Object.keys(modules).flatMap((name) => [
      ...waitMistakes(name, 'depends_on', modules),
      ...waitMistakes(name, 'wants', modules),
    ]),
    ...cycleMistakes(modules),
    ...jobCycleMistakes(mappingAt(document, ['daemon', 'schedule', 'jobs'])),
  ];
}

type Modules = Readonly<Record<string, unknown>>;

function startListMistakes(document: unknown, path: Path, modules: Modules): Mistake[] {
  return entriesOf(ownValue(document, path)).flatMap(({ name, key, isRepeated }) => {
    const place = [...path, key];
    if (isRepeated) return [{ path: place, expected: 'each name only once' }];
    if (!Object.hasOwn(modules, name)) return [{ path: place, expected: aModule(name, modules) }];
    const enabled = ownValue(modules, [name, 'enabled']);
    if (enabled !== false && enabled !== 'false') return [];
    return [{ path: place, expected: 'a module that is enabled' }];
  });
}

function waitMistakes(module: string, group: string, modules: Modules): Mistake[] {
  return entriesOf(ownValue(modules, [module, group])).flatMap(({ name, key, isRepeated }) => {
    const path = ['daemon', 'modules', module, group, key];
    if (name === module) return [mistake(path, 'is the module itself', 'another module')];
    if (isRepeated) return [{ path, expected: 'each name only once' }];
    if (Object.hasOwn(modules, name)) return [];
    return [mistake(path, 'is the name of no module', aModule(name, modules))];
  });
}

function cycleMistakes(modules: Modules): Mistake[] {
  const waiting = new Map(
    Object.keys(modules).map((name) => {
      const dependencies = entriesOf(ownValue(modules, [name, 'depends_on']));
      return [name, dependencies.map((entry) => entry.name)] as const;
    }),
  );
  return cyclesIn(waiting).map((cycle) => ({
    path: ['daemon', 'modules', cycle[0] ?? '', 'depends_on'],
    message: `is a cycle: ${[...cycle, cycle[0]].join(' → ')}, expected modules that do not wait for each other`,
  }));
}

/** Jobs that run each other would do so without end, as often as the disk can store that they do. */
function jobCycleMistakes(jobs: Readonly<Record<string, unknown>>): Mistake[] {
  const runs = new Map(Object.keys(jobs).map((name) => [name, jobsRunBy(jobs, name)]));
  const ofItself = [...runs].flatMap(([name, others]) => (others.includes(name) ? [[name]] : []));
  return [...ofItself, ...cyclesIn(runs)].map((cycle) => ({
    path: ['daemon', 'schedule', 'jobs', cycle[0] ?? '', 'params', 'job'],
    message: `is a cycle: ${[...cycle, cycle[0]].join(' → ')}, expected a job that does not lead back here`,
  }));
}

function jobsRunBy(jobs: Readonly<Record<string, unknown>>, name: string): string[] {
  const next = ownValue(jobs, [name, 'params', 'job']);
  const isRun = ownValue(jobs, [name, 'method']) === 'schedule.run';
  return isRun && typeof next === 'string' && Object.hasOwn(jobs, next) ? [next] : [];
}

/** The names in a list, or those that are the keys of a mapping, with their places. */
function entriesOf(
  value: unknown,
): { readonly name: string; readonly key: string | number; readonly isRepeated: boolean }[] {
  if (!Array.isArray(value))
    return Object.keys(mappingAt(value, [])).map((name) => ({
      name,
      key: name,
      isRepeated: false,
    }));
  return value.flatMap((name: unknown, key) =>
    typeof name === 'string' && name !== ''
      ? [{ name, key, isRepeated: value.indexOf(name) !== key }]
      : [],
  );
}

/** In a list the name is the value; in a mapping it is the key, which has another value. */
function mistake(path: Path, what: string, expected: string): Mistake {
  if (typeof path.at(-1) === 'number') return { path, expected };
  return { path, message: `${what}, expected ${expected}` };
}

function aModule(name: string, modules: Modules): string {
  const nearest = nearestName(name, Object.keys(modules));
  return `a module of daemon.modules${nearest === null ? '' : `: "${nearest}"?`}`;
}

function mappingAt(document: unknown, path: Path): Readonly<Record<string, unknown>> {
  const value = ownValue(document, path);
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Record<string, unknown>) : {};
}
