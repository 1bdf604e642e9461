import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parse } from 'yaml';
import { configJsonSchema } from '../../config/json-schema.ts';
import { loadConfig } from '../../config/load.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/paths.ts';
import { formatProblem } from '../../config/problems.ts';
import { keysWithoutEffect } from '../../config/without-effect.ts';
import { configDirWith, load, loaded, problemLines } from './config-folder.ts';

const read = (...path: string[]) => readFileSync(join(packageRoot(), ...path), 'utf8');
const seedFile = read('test', 'config', 'seed-daemon.yaml');
const files = (content: Record<string, string>, env = {}) =>
  loadConfig({ configDir: configDirWith({ 'daemon.yaml': '{}', ...content }), env });
const noticeLines = ({ notices }: LoadedConfig) =>
  notices.map((notice) => formatProblem(notice).replace(/^.*[/\\]/, ''));

describe('the daemon.yaml of the guide', () => {
  it('is valid as it stands', () => {
    const { config } = loaded(seedFile);
    expect([...config.modules.values()].map(({ name, type }) => [name, type])).to.deep.equal([
      ['webui', 'flask'],
      ['trading', 'python'],
      ['ai', 'uvicorn'],
    ]);
    expect(config.autostart).to.deep.equal(['webui']);
    expect(config.ipc.socketPath).to.equal('/tmp/superbot.sock');
    expect(config.modules.get('webui')!.restart).to.deep.include({
      maxRestarts: 3,
      minDelayMs: 60_000,
    });
  });

  it('without its first line is the older form, valid with a warning for each group', () => {
    const older = seedFile.replace('daemon:\n', '').replaceAll(/^ {2}/gm, '');
    const result = loaded(older);
    expect(result.config).to.deep.equal({
      ...loaded(seedFile).config,
      modules: result.config.modules,
    });
    expect(noticeLines(result)).to.include(
      'daemon.yaml:2:1: modules: is an old form, expected below the key "daemon"',
    );
    expect(noticeLines(result).filter((line) => line.includes('has no effect'))).to.deep.equal([]);
  });
});

describe('groups at the top level of daemon.yaml', () => {
  it('have their mistakes told where they stand, and their references masked', () => {
    const yaml = 'modules: {a: {module: x, args: ["${A}"]}}\nautostart: [b]\nipc: {auth: 1}';
    expect(problemLines(load(yaml, { A: 'hidden' }))).to.deep.equal([
      'daemon.yaml:2:13: autostart[0]: found "b", expected a module of daemon.modules',
      'daemon.yaml:3:13: ipc.auth: found 1, expected one of auto, required',
    ]);
    const sound = 'modules: {a: {module: x, args: ["${A}"]}}';
    expect(JSON.stringify(loaded(sound, { A: 'hidden' }).masked)).to.not.include('hidden');
  });

  it('are a mistake when they are given below "daemon" too', () => {
    expect(problemLines(load('daemon: {logs: {}}\nlogs: {}'))).to.have.length(1);
  });
});

describe('keys that no part of this version reads', () => {
  it('are told in a notice each, with their place, and only where they are given', () => {
    const yaml = `
connectors:
  exchanges:
    kraken: {testnet: true}
`;
    expect(noticeLines(files({ 'connectors.yaml': yaml }))).to.deep.equal([
      'connectors.yaml:3:3: connectors.exchanges: has no effect in this version',
    ]);
  });

  it('do not hide behind mistakes', () => {
    const yaml = 'connectors: {exchanges: {kraken: {}}, cash: 1}';
    const result = files({ 'connectors.yaml': yaml });
    expect(problemLines(result)).to.have.length(1);
    expect(noticeLines(result)).to.deep.equal([
      'connectors.yaml:1:14: connectors.exchanges: has no effect in this version',
    ]);
  });

  it('are keys of the schema', () => {
    const text = JSON.stringify(configJsonSchema());
    for (const key of keysWithoutEffect) expect(text).to.include(`"${key.split('.').at(-1)}":`);
  });
});

describe('infrastructure.yaml and connectors.yaml', () => {
  it('are read when they are there, and shown without their secrets', () => {
    const result = files(
      {
        'infrastructure.yaml': 'infrastructure: {cache: {backend: redis, url: "redis://u:pw@h"}}',
        'connectors.yaml':
          'connectors: {exchanges: {binance: {api_key: "${KEY}", testnet: false}}}',
      },
      { KEY: 'hunter2' },
    );
    if (!result.ok) expect.fail(JSON.stringify(result.problems));
    expect(result.masked).to.have.nested.property('infrastructure.cache.url', '***');
    expect(result.masked).to.have.nested.property('connectors.exchanges.binance.testnet', false);
    expect(JSON.stringify(result.masked)).to.not.include('hunter2');
    expect(result.document).to.have.nested.property(
      'connectors.exchanges.binance.api_key',
      'hunter2',
    );
    expect(noticeLines(result)).to.deep.equal([
      'connectors.yaml:1:14: connectors.exchanges: has no effect in this version',
    ]);
  });

  const mistakes: [string, string, string][] = [
    [
      'infrastructure.yaml',
      'infrastructure: {cahe: {}}',
      '1:18: infrastructure.cahe: is an unknown key, expected "cache"?',
    ],
    [
      'infrastructure.yaml',
      'daemon: {}',
      '1:1: daemon: is an unknown key, expected one of infrastructure',
    ],
    [
      'infrastructure.yaml',
      'infrastructure: {event_bus: {backend: redis}}',
      '1:18: infrastructure.event_bus.url: is missing, expected a URL such as redis://127.0.0.1:6379, because backend is redis',
    ],
    ...[
      ['redis://h:99999', 'a URL with a port from 0 to 65535'],
      ['redis://h?db=3', 'a URL such as redis://127.0.0.1:6379, or null'],
      ['redis://h/zero', 'a URL such as redis://127.0.0.1:6379, or null'],
      ['http://h', 'a URL such as redis://127.0.0.1:6379, or null'],
      ['127.0.0.1:6379', 'a URL such as redis://127.0.0.1:6379, or null'],
    ].map(([url, expected]): [string, string, string] => [
      'infrastructure.yaml',
      `infrastructure: {event_bus: {url: "${url}"}}`,
      `1:35: infrastructure.event_bus.url: found "${url}", expected ${expected}`,
    ]),
    [
      'infrastructure.yaml',
      'infrastructure: {event_bus: {url: "redis://:pw@word@h"}}',
      '1:35: infrastructure.event_bus.url: found a value that is not shown, expected a URL such as redis://127.0.0.1:6379, or null',
    ],
    [
      'infrastructure.yaml',
      'infrastructure: {connection_pool: {min_connections: 11}}',
      '1:18: infrastructure.connection_pool.max_connections: is missing, expected at least min_connections',
    ],
    [
      'infrastructure.yaml',
      'infrastructure: {database: {url: "mysql://x"}}',
      '1:34: infrastructure.database.url: found "mysql://x", expected a URL such as postgresql://user@host/name, or null',
    ],
    ['infrastructure.yaml', '', '1:1: is empty, expected the key "infrastructure"'],
    [
      'connectors.yaml',
      'connectors: {exchanges: {binance: {api_key: abc}}}',
      '1:45: connectors.exchanges.binance.api_key: found a value that is not shown, expected a reference such as "${EXCHANGE_API_KEY}"',
    ],
    [
      'connectors.yaml',
      'connectors: {exchanges: {binance: {api_key: "${NOT_SET}"}}}',
      '1:45: connectors.exchanges.binance.api_key: the variable NOT_SET is not set, expected it in the environment or in .env, or a default as in ${NOT_SET:-default}',
    ],
  ];
  for (const [file, yaml, line] of mistakes)
    it(`have mistakes told with their place: ${yaml}`, () => {
      expect(problemLines(files({ [file]: yaml }))).to.deep.equal([`${file}:${line}`]);
    });

  it('have their mistakes told together with those of daemon.yaml', () => {
    const result = files({ 'daemon.yaml': 'demon: 1', 'infrastructure.yaml': 'x: 1' });
    expect(problemLines(result)).to.have.length(2);
  });

  it('as they are shipped change nothing and need no notice', () => {
    const result = loadConfig({ configDir: join(packageRoot(), 'config'), env: {} });
    expect(problemLines(result)).to.deep.equal([]);
    expect(noticeLines(result)).to.deep.equal([]);
  });
});

describe('schema.json', () => {
  const validate = new Ajv({ allErrors: true }).compile(configJsonSchema());
  const isValid = (document: unknown) => validate(document);

  it('is what npm run generate makes of the schema of the code', () => {
    expect(read('config', 'schema.json')).to.equal(
      `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
    );
  });

  it('accepts the shipped files, which name it in their first line, and that of the guide', () => {
    for (const name of ['daemon.yaml', 'infrastructure.yaml', 'connectors.yaml']) {
      const text = read('config', name);
      expect(text).to.match(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
      expect(isValid(parse(text)), JSON.stringify(validate.errors)).to.equal(true);
    }
    expect(isValid(parse(seedFile)), JSON.stringify(validate.errors)).to.equal(true);
  });

  const cases: [boolean, string][] = [
    [true, 'daemon: {ipc: {tcp_port: "${PORT}"}, logs: , modules: }'],
    [true, 'daemon: {modules: {a: {module: x, depends_on: {b: started}}}}'],
    [true, 'daemon: {modules: {a: {module: x, restart: {base_delay: 500ms, max_delay: 5}}}}'],
    [false, 'daemon: {ipc: {tcp_port: "80"}}'],
    [false, 'daemon: {modules: {a: {restrat: {}, module: x}}}'],
    [false, 'daemon: {modules: {a: {type: thread, module: x, cwd: .}}}'],
    [false, 'daemon: {modules: {a: {type: exec}}}'],
    [false, 'daemon: {modules: {A: {module: x}}}'],
    [false, 'daemon: {shutdown: {timeout: soon}}'],
    [false, 'demon: {}'],
  ];
  for (const [expected, yaml] of cases)
    it(`${expected ? 'accepts' : 'marks'} ${yaml}`, () => {
      expect(isValid(parse(yaml))).to.equal(expected);
    });
});
