import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRoot } from '../config/paths.ts';

/** A place and what it may import, both as path prefixes; a place always may import itself. */
interface Rule {
  readonly from: string;
  readonly may: readonly string[];
  /** Prefixes of which only types may be imported. */
  readonly typesOnly?: readonly string[];
}

const leaves = [
  'daemon/part.ts',
  'daemon/system.ts',
  'daemon/processes.ts',
  'daemon/probes.ts',
  'daemon/notify.ts',
  'daemon/read-if-there.ts',
  'daemon/rotating-file.ts',
  'daemon/last-seq.ts',
  'config/program-file.ts',
];

/** They bring a library for checking that clients and modules shall not carry. */
const contract = ['rpc/contract', 'rpc/outgoing.ts', 'rpc/row.ts', 'rpc/params.ts', 'rpc/shapes'];

/** First match wins. */
const rules: readonly Rule[] = [
  { from: 'rpc/', may: [] },
  { from: 'config/', may: [] },
  {
    from: 'cli/',
    may: ['rpc/', 'config/paths.ts', 'config/name-rule.ts', 'config/program-file.ts'],
    typesOnly: [...contract, 'rpc/table.ts'],
  },
  { from: 'modules/api/', may: ['rpc/', 'config/units.ts'], typesOnly: contract },
  { from: 'modules/', may: ['modules/api/'] },
  { from: 'daemon/keeper/', may: leaves },
  { from: 'daemon/guardian/', may: [...leaves, 'daemon/keeper/'] },
  {
    from: 'daemon/home/',
    may: [...leaves, 'config/paths.ts', 'daemon/keeper/files.ts', 'daemon/logs/'],
    typesOnly: ['daemon/logs/'],
  },
  {
    from: 'daemon/supervisor/',
    may: [
      ...leaves,
      'rpc/',
      'config/',
      'daemon/keeper/',
      'daemon/guardian/keeper-loss.ts',
      'daemon/logs/',
    ],
    typesOnly: ['daemon/logs/'],
  },
  { from: 'daemon/logs/', may: [...leaves, 'rpc/'] },
  {
    from: 'daemon/bus/',
    may: [...leaves, 'rpc/', 'daemon/supervisor/', 'daemon/logs/'],
    typesOnly: ['daemon/supervisor/', 'daemon/logs/'],
  },
  { from: 'daemon/cache/', may: [...leaves, 'rpc/'] },
  { from: 'daemon/database/', may: ['config/', 'daemon/home/'] },
  {
    from: 'daemon/redis/',
    may: [...leaves, 'rpc/', 'daemon/cache/store.ts'],
    typesOnly: ['daemon/cache/store.ts'],
  },
  {
    from: 'daemon/journal/',
    may: [
      ...leaves,
      'rpc/',
      'daemon/host/',
      'daemon/supervisor/',
      'daemon/keeper/',
      'daemon/logs/',
    ],
    typesOnly: ['daemon/host/', 'daemon/supervisor/', 'daemon/keeper/', 'daemon/logs/'],
  },
  {
    from: 'daemon/host/',
    may: [...leaves, 'rpc/', 'daemon/watchdog/'],
    typesOnly: ['daemon/watchdog/'],
  },
  {
    from: 'daemon/watchdog/',
    may: [...leaves, 'rpc/', 'config/effective.ts', 'daemon/bounded-command.ts', 'daemon/logs/'],
    typesOnly: ['config/effective.ts', 'daemon/logs/'],
  },
  {
    from: 'daemon/ending/',
    may: [
      ...leaves,
      'config/paths.ts',
      'daemon/configuration.ts',
      'daemon/state-store.ts',
      'daemon/guardian/',
      'daemon/home/',
      'daemon/keeper/protocol.ts',
      'daemon/keeper/tree.ts',
      'daemon/logs/',
      'daemon/supervisor/',
    ],
    typesOnly: [
      'config/paths.ts',
      'daemon/configuration.ts',
      'daemon/state-store.ts',
      'daemon/guardian/',
      'daemon/home/',
      'daemon/logs/',
      'daemon/supervisor/',
    ],
  },
  {
    from: 'daemon/alerts/',
    may: [...leaves, 'config/', 'daemon/supervisor/', 'daemon/logs/'],
    typesOnly: ['config/effective.ts', 'daemon/supervisor/', 'daemon/logs/'],
  },
  {
    from: 'daemon/resources/',
    may: [
      ...leaves,
      'rpc/',
      'config/units.ts',
      'config/effective.ts',
      'config/paths.ts',
      'daemon/keeper/files.ts',
      'daemon/keeper/tree.ts',
      'daemon/version.ts',
    ],
    typesOnly: ['config/effective.ts', 'config/paths.ts'],
  },
  { from: 'daemon/scheduler/', may: [...leaves, 'rpc/', 'config/'] },
  {
    from: 'daemon/methods/',
    may: [
      'rpc/',
      'daemon/resources/',
      'daemon/scheduler/',
      'daemon/supervisor/',
      'daemon/logs/',
      'daemon/bus/',
      'daemon/cache/',
      'daemon/api/links.ts',
      'daemon/api/subscriptions.ts',
    ],
    typesOnly: ['daemon/cache/', 'daemon/resources/', 'daemon/scheduler/'],
  },
  {
    from: 'daemon/api/',
    may: [
      ...leaves,
      'rpc/',
      'config/',
      'daemon/configuration.ts',
      'daemon/reload.ts',
      'daemon/version.ts',
      'daemon/bus/',
      'daemon/cache/',
      'daemon/home/',
      'daemon/logs/',
      'daemon/methods/',
      'daemon/resources/',
      'daemon/scheduler/',
      'daemon/supervisor/',
    ],
    typesOnly: [
      'daemon/bus/',
      'daemon/cache/',
      'daemon/configuration.ts',
      'daemon/reload.ts',
      'daemon/resources/',
      'daemon/scheduler/',
      'daemon/supervisor/',
    ],
  },
  { from: 'daemon/', may: ['rpc/', 'config/', 'daemon/'] },
  { from: 'test/', may: ['rpc/', 'config/', 'daemon/', 'cli/', 'modules/'] },
];

interface Import {
  readonly importer: string;
  readonly imported: string;
  readonly typeOnly: boolean;
}

const root = packageRoot();
const folders = ['rpc', 'config', 'daemon', 'cli', 'modules', 'test'];
const files = folders.flatMap((folder) => sourceFiles(join(root, folder)));

describe('imports between folders', () => {
  it('go only where the architecture allows', () => {
    const forbidden = files.flatMap(importsOf).filter((one) => !isAllowed(one));
    expect(forbidden.map(({ importer, imported }) => `${importer} → ${imported}`)).to.deep.equal(
      [],
    );
  });

  it('never form a cycle of files that run', () => {
    const graph = new Map(files.map((file) => [shown(file), runtimeImports(file)]));
    expect(findCycle(graph)).to.equal(null);
  });

  it('keep the daemon’s own packages out of the keeper', () => {
    const reached = reachable('daemon/keeper/main.ts');
    const packages = reached.flatMap((file) => packagesOf(join(root, file)));
    expect(packages.filter((name) => !name.startsWith('node:'))).to.deep.equal([]);
  });

  it('exist at all: the rules were held against every folder', () => {
    for (const folder of folders) {
      expect(
        files.some((file) => shown(file).startsWith(`${folder}/`)),
        folder,
      ).to.equal(true);
    }
  });
});

function isAllowed({ importer, imported, typeOnly }: Import): boolean {
  const rule = rules.find(({ from }) => importer.startsWith(from));
  if (!rule) return false;
  const own =
    rule.from === 'modules/' ? importer.split('/').slice(0, 2).join('/') + '/' : rule.from;
  if (imported.startsWith(own)) return true;
  if (!typeOnly && rule.typesOnly?.some((prefix) => imported.startsWith(prefix))) return false;
  return rule.may.some((prefix) => imported.startsWith(prefix));
}

function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

function shown(file: string): string {
  return relative(root, file);
}

const importPattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)';/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(importPattern)].flatMap(([, type, specifier = '']) => {
    if (!specifier.startsWith('.')) return [];
    const imported = shown(resolve(dirname(file), specifier));
    return [{ importer: shown(file), imported, typeOnly: type !== undefined }];
  });
}

function packagesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(importPattern)].flatMap(([, type, specifier = '']) =>
    specifier.startsWith('.') || type !== undefined ? [] : [specifier],
  );
}

function runtimeImports(file: string): string[] {
  return importsOf(file).flatMap(({ imported, typeOnly }) => (typeOnly ? [] : [imported]));
}

function reachable(start: string): string[] {
  const found = new Set([start]);
  for (const file of found) for (const next of runtimeImports(join(root, file))) found.add(next);
  return [...found];
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' → ');
    if (done.has(file)) return null;
    done.add(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== null) return cycle;
    }
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
