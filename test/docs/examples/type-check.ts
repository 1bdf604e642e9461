import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../../config/paths.ts';
import type { Block } from './blocks.ts';

/** What examples take for granted: the rest of the reader's module. */
const assumed: Readonly<Record<string, string>> = {
  module: `import('superbot/module').Module`,
  log: `import('superbot/module').Logger`,
  cache: `import('superbot/module').Cache`,
  client: `Awaited<ReturnType<typeof import('superbot/http').openHttp>>`,
  feed: `import('superbot/socket').Socket<unknown> & AsyncIterable<{ symbol: string }>`,
  fetchTicker: '(symbol: string, signal: AbortSignal) => Promise<unknown>',
  key: 'string',
  limit: 'number',
  lookTheOrderUp: '() => Promise<void>',
  poll: '() => Promise<void>',
  readAnew: '(fromMs: number, topics: readonly string[] | null) => Promise<void>',
  remember: '(topic: string, data: unknown) => void',
  resync: '(count: number | null) => Promise<void>',
  signatureOf: '(text: string) => string',
  take: '(message: unknown, receivedAtMs: number) => void',
  ticks: 'number',
  timer: 'NodeJS.Timeout',
};

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  typeRoots: [join(packageRoot(), 'node_modules', '@types')],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  paths: { 'superbot/*': [join(packageRoot(), 'modules', 'api', '*.ts')] },
};

/** What does not fit, as `docs/events.md:49: …`. JavaScript may leave the types of its data open. */
export function typeErrorsIn(blocks: readonly Block[]): string[] {
  const sources = new Map(blocks.map((block, at) => [pathOf(at), block]));
  const host = ts.createCompilerHost(options);
  const real = { ...host };
  host.fileExists = (path) => sources.has(path) || real.fileExists(path);
  host.getSourceFile = (path, how, ...rest) => {
    const block = sources.get(path);
    if (block === undefined) return real.getSourceFile(path, how, ...rest);
    return ts.createSourceFile(path, withAssumed(block.text), how);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources].flatMap(([path, { language, place }]) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found
      .filter((diagnostic) => language === 'ts' || !isOfOpenType(diagnostic))
      .map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

/** Beside the sources, so that their packages are found. */
function pathOf(at: number): string {
  return join(packageRoot(), 'modules', 'api', `example-${at}.ts`);
}

function withAssumed(text: string): string {
  const missing = Object.entries(assumed).filter(
    ([name]) =>
      new RegExp(`\\b${name}\\b`).test(text) &&
      !new RegExp(`(import|const) [^=]*?\\b${name}\\b[^=]*?(=|from)`).test(text),
  );
  const declared = missing.map(([name, type]) => `declare const ${name}: ${type};`);
  return `${declared.join(' ')} export {};\n${text}`;
}

/** A parameter without a type, or a property of what came over the wire. */
function isOfOpenType({ code, messageText }: ts.Diagnostic): boolean {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  return code === 7006 || code === 7031 || text.endsWith(" on type 'unknown'.");
}
