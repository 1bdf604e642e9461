import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { load, loaded, problemLines } from './config-folder.ts';

const anyModule = (keys: string) => `daemon: {modules: {a: {${keys}}, b: {module: x}}}`;

describe('the types of module', () => {
  const { config, baseDir } = loaded(`
daemon:
  modules:
    n: {module: bots/n.js}
    t: {type: thread, module: superbot:trading, stop: {timeout: 1}, limits: {memory: 64M}}
    e: {type: exec, command: [./e]}
    p: {type: python, module: modules.trading.engine, args: [--mode, paper]}
    u: {type: uvicorn, app: "ai.app:app"}
    u2: {type: uvicorn, app: "ai.app:make.app", host: "::1", port: 9000, workers: 4, debug: true}
    f: {type: flask, app: "web:app"}
`);

  it('each have their keys, and those of web programs the defaults of the guide', () => {
    const of = (name: string) => config.modules.get(name)!;
    expect(of('n')).to.deep.include({
      type: 'node',
      entry: { kind: 'file', path: join(baseDir, 'bots/n.js') },
    });
    expect(of('t')).to.deep.include({
      type: 'thread',
      entry: { kind: 'shipped', name: 'trading' },
      user: null,
      cwd: baseDir,
      stop: { signal: 'SIGTERM', timeoutMs: 1000, scope: 'tree' },
    });
    expect(of('e')).to.deep.include({ type: 'exec', command: [join(baseDir, 'e')] });
    expect(of('p')).to.deep.include({
      type: 'python',
      module: 'modules.trading.engine',
      args: ['--mode', 'paper'],
    });
    const uvicorn = { type: 'uvicorn', app: 'ai.app:app', host: '127.0.0.1', port: 8000 };
    expect(of('u')).to.deep.include({ ...uvicorn, workers: 1, debug: false });
    expect(of('u2')).to.deep.include({ host: '::1', port: 9000, workers: 4, debug: true });
    const flask = { type: 'flask', app: 'web:app', host: '0.0.0.0', port: 8080, debug: false };
    expect(of('f')).to.deep.include(flask);
    expect(of('f')).to.not.have.property('workers');
  });

  const mistakes: [string, string][] = [
    [
      'type: thread, module: x, user: me',
      '1:49: daemon.modules.a.user: belongs to modules of type node, exec, python, uvicorn, flask, expected another type or key',
    ],
    [
      'type: thread, module: x, cwd: /',
      '1:49: daemon.modules.a.cwd: belongs to modules of type node, exec, python, uvicorn, flask, expected another type or key',
    ],
    [
      'type: thread, module: x, stop: {signal: SIGINT}',
      '1:56: daemon.modules.a.stop.signal: belongs to modules of type node, exec, python, uvicorn, flask, expected another type or key',
    ],
    [
      'type: thread, module: x, limits: {cpu_percent: 5}',
      '1:58: daemon.modules.a.limits.cpu_percent: belongs to modules of type node, exec, python, uvicorn, flask, expected another type or key',
    ],
    [
      'module: x, healthcheck_endpoint: /health',
      '1:35: daemon.modules.a.healthcheck_endpoint: belongs to modules of type uvicorn, flask, expected another type or key',
    ],
    [
      'type: flask, app: "a:b", workers: 2',
      '1:49: daemon.modules.a.workers: belongs to modules of type uvicorn, expected another type or key',
    ],
    [
      'type: python, module: ./run.py',
      '1:46: daemon.modules.a.module: found "./run.py", expected a dotted Python module such as bots.collector',
    ],
    [
      'type: python, module: -c',
      '1:46: daemon.modules.a.module: found "-c", expected a dotted Python module such as bots.collector',
    ],
    [
      'type: uvicorn, app: app',
      '1:44: daemon.modules.a.app: found "app", expected a Python application as module:attribute such as web.app:app',
    ],
    [
      'type: flask, app: "a:b", host: --help',
      '1:55: daemon.modules.a.host: found "--help", expected a host name or an address',
    ],
    [
      'type: flask, app: "a:b", healthcheck_endpoint: health',
      '1:71: daemon.modules.a.healthcheck_endpoint: found "health", expected a path such as /health, or null',
    ],
    [
      'type: flask, app: "a:b", health: {tcp: 80}, healthcheck_endpoint: /h',
      '1:68: daemon.modules.a.healthcheck_endpoint: is given beside health.tcp, expected only one of them',
    ],
    [
      'module: x, ready: {log: "["}',
      '1:48: daemon.modules.a.ready.log: found "[", expected a regular expression of JavaScript',
    ],
    [
      'module: x, ready: {http: localhost}',
      '1:49: daemon.modules.a.ready.http: found "localhost", expected a URL such as http://127.0.0.1:8080/health',
    ],
    [
      'module: x, health: {exec: []}',
      '1:50: daemon.modules.a.health.exec: found an empty list, expected a list of at least the program',
    ],
    [
      'module: x, health: {link: true, tcp: 1}',
      '1:43: daemon.modules.a.health: found a mapping, expected only one of link, http, tcp, exec',
    ],
    [
      'module: x, limits: {memory: 5}',
      '1:52: daemon.modules.a.limits.memory: found 5, expected a size from 1M to 16384G such as 64K, 512M or a number of bytes',
    ],
  ];
  for (const [keys, line] of mistakes)
    it(`refuse ${keys}`, () => {
      expect(problemLines(load(anyModule(keys)))).to.deep.equal([`daemon.yaml:${line}`]);
    });

  it('may be called what every object of JavaScript inherits', () => {
    const { config } = loaded(
      'daemon: {modules: {constructor: {module: a}, prototype: {module: b, depends_on: [constructor]}}}',
    );
    expect([...config.modules.keys()]).to.deep.equal(['constructor', 'prototype']);
    expect([...config.modules.get('prototype')!.dependsOn.keys()]).to.deep.equal(['constructor']);
  });
});
