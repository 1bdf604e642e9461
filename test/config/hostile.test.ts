import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readDocument } from '../../config/document.ts';
import { loadConfig } from '../../config/load.ts';
import { daemonCombinationMistakes } from '../../config/combinations.ts';
import type { ReadDocument } from '../../config/document.ts';
import { referenceMistakes } from '../../config/references.ts';
import { daemonFile } from '../../config/schema.ts';
import { validate } from '../../config/validate.ts';
import { configDirWith, load, problemLines } from './config-folder.ts';

const seed = 20_261_121;

describe('text that is not a sound configuration', () => {
  const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    bomb.push(
      `b${level}: &a${level} [${Array<string>(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );

  const cases: [string, string, RegExp][] = [
    ['an empty file', '', /^daemon.yaml:1:1: is empty/],
    ['only comments', '# nothing\n', /^daemon.yaml:1:1: is empty/],
    ['a syntax error', 'daemon:\n  a: [1,\n', /^daemon.yaml:3:1: is not valid YAML: flow sequence/],
    ['tabs', 'daemon:\n\tmodules: {}', /^daemon.yaml:2:1: is not valid YAML: tabs are not allowed/],
    [
      'a key twice',
      'daemon:\n  ipc: {}\n  ipc: {}',
      /^daemon.yaml:3:3: daemon.ipc: is given twice.*line 2/,
    ],
    ['two documents', 'daemon: {}\n---\ndaemon: {}', /^daemon.yaml:2:1: has a second document/],
    ['a NUL byte', 'daemon: {}\n# \0', /^daemon.yaml:2:3: has a NUL byte/],
    [
      'an escaped NUL',
      'daemon: {ipc: {auth_token: "a\\0b"}}',
      /^daemon.yaml:1:28: daemon.ipc.auth_token: has a NUL character/,
    ],
    [
      '__proto__',
      'daemon: {modules: {__proto__: {module: x}}}',
      /^daemon.yaml:1:20: daemon.modules.__proto__: is not allowed/,
    ],
    [
      'a number as key',
      'daemon: {modules: {1: {module: x}}}',
      /^daemon.yaml:1:20: daemon.modules: a key here is not text/,
    ],
    ['a list as key', '? [a]\n: b', /^daemon.yaml:1:3: a key here is not text/],
    [
      'a merge key',
      'daemon: {modules: {<<: {}}}',
      /^daemon.yaml:1:20: daemon.modules\["<<"\]: is not supported/,
    ],
    [
      'an unknown tag',
      'daemon: !!js/function x',
      /^daemon.yaml:1:9: is not valid YAML: unresolved tag/,
    ],
    [
      'an unknown alias',
      'daemon: *nope',
      /^daemon.yaml:1:9: daemon: the alias \*nope has no anchor &nope/,
    ],
    [
      'an alias of itself',
      'daemon: &d {modules: *d}',
      /^daemon.yaml:1:22: daemon.modules: the alias \*d contains itself/,
    ],
    ['a nest of aliases', bomb.join('\n'), /has more than 20000 values/],
    ['deep nesting', `daemon: ${'['.repeat(60)}${']'.repeat(60)}`, /is nested too deeply/],
    ['very deep nesting', '['.repeat(50_000), /is nested too deeply/],
    [
      'a number that is not exact',
      'daemon: {ipc: {tcp_port: 12345678901234567890}}',
      /^daemon.yaml:1:26: daemon.ipc.tcp_port: is too large to be exact/,
    ],
    [
      'a reference in a flow mapping',
      'daemon: {ipc: {auth_token: ${X}}}',
      /put "\$\{NAME\}" in quotes/,
    ],
  ];
  for (const [what, yaml, line] of cases)
    it(`is refused with its place: ${what}`, () => {
      expect(problemLines(load(yaml)).join('\n')).to.match(line);
    });

  it('is read as YAML 1.2 whatever version it claims', () => {
    const lines = problemLines(load('%YAML 1.1\n---\ndaemon: {modules: {a: {module: no}}}'));
    expect(lines).to.deep.equal([]);
  });

  it('may begin with a byte order mark and end its lines with CR LF', () => {
    expect(problemLines(load('\ufeffdaemon:\r\n  ipc:\r\n    tcp_prt: 1\r\n'))).to.deep.equal([
      'daemon.yaml:3:5: daemon.ipc.tcp_prt: is an unknown key, expected "tcp_port"?',
    ]);
  });
});

describe('a file that cannot be read', () => {
  const linesOf = (configDir: string) => problemLines(loadConfig({ configDir, env: {} }));

  it('is a problem of its own: missing, a directory, a device, too large, not UTF-8', () => {
    const dir = configDirWith({});
    const path = join(dir, 'daemon.yaml');
    expect(linesOf(dir)).to.deep.equal([
      'daemon.yaml:1:1: does not exist, expected a configuration file',
    ]);
    expect(linesOf(join(dir, 'nowhere'))[0]).to.match(/does not exist/);
    mkdirSync(path);
    expect(linesOf(dir)[0]).to.match(/1:1: is not a file/);
    rmSync(path, { recursive: true });
    symlinkSync('/dev/zero', path);
    expect(linesOf(dir)[0]).to.match(/1:1: is not a file/);
    rmSync(path);
    symlinkSync('daemon.yaml', path);
    expect(linesOf(dir)[0]).to.match(/1:1: cannot be read \(ELOOP\)/);
    expect(linesOf(configDirWith({ 'daemon.yaml': '#'.repeat(1024 * 1024 + 1) }))[0]).to.match(
      /1:1: is too large \(1048577 bytes\)/,
    );
    expect(linesOf(configDirWith({ 'daemon.yaml': Uint8Array.of(0xff, 0xfe) }))[0]).to.match(
      /1:1: is not UTF-8/,
    );
  });

  it('is told together with the mistakes of the other file', () => {
    const dir = configDirWith({ 'daemon.yaml': 'demon: 1' });
    mkdirSync(join(dir, '.env'));
    expect(linesOf(dir)).to.have.length(2);
    expect(linesOf(dir)[0]).to.match(/^.env:1:1: is not a file/);
  });
});

function judge(read: ReadDocument) {
  return validate(read, daemonFile, [
    ...referenceMistakes(read.value),
    ...daemonCombinationMistakes(read.value),
  ]);
}

describe(`random text (seed ${seed})`, () => {
  const fragment = fc.constantFrom(
    ...'daemon: modules: trading: type: exec node module: restart: ready: {link: true} autostart: - a ipc: null'.split(
      ' ',
    ),
    ...'{ } [ ] , & * ! | > " \' # % @ ` --- ... ? : << ${A} ${ $${ &a *a __proto__: constructor: .nan 1e999 -0 0x1F ~'.split(
      ' ',
    ),
    ...['\n', '\n  ', '\n    ', '\t', ' ', '\r\n', '\0', '\ufeff', '\ud800', '\u2028'],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(' ')),
  );

  it('never throws, and each problem has a place inside the file', () => {
    fc.assert(
      fc.property(text, (yaml) => {
        const read = readDocument(yaml, 'daemon.yaml', () => undefined);
        const result = judge(read);
        const lineCount = yaml.split('\n').length;
        for (const problem of [...read.problems, ...(result.ok ? [] : result.problems)]) {
          expect(problem.line).to.be.within(1, lineCount);
          expect(problem.column).to.be.at.least(1);
          expect(problem.message).to.match(/^\S.*\S$/s);
        }
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('in place of any value is a value that is accepted or a problem, never an exception', () => {
    const keys = 'modules autostart profiles ipc watchdog schedule shutdown logs'.split(' ');
    const moduleKeys =
      'enabled type module command app depends_on wants health args env cwd restart ready stop';
    const document = fc.record({
      daemon: fc.dictionary(
        fc.constantFrom(...keys),
        fc.oneof(
          fc.jsonValue({ maxDepth: 1 }),
          fc.dictionary(
            fc.constantFrom('a', 'b', 'tcp_port', 'level', 'timeout', 'jobs', '__proto__'),
            fc.dictionary(fc.constantFrom(...moduleKeys.split(' ')), fc.jsonValue({ maxDepth: 1 })),
          ),
        ),
      ),
    });
    fc.assert(
      fc.property(document, (value) => {
        const read = readDocument(JSON.stringify(value), 'daemon.yaml', () => undefined);
        const result = judge(read);
        if (!result.ok) expect(read.problems.length + result.problems.length).to.be.above(0);
      }),
      { seed, numRuns: 300 },
    );
  });
});
