import { expect } from 'chai';
import { describe, it } from 'mocha';
import { load, problemLines } from './config-folder.ts';

const inModule = (keys: string) => `daemon: {modules: {a: {module: x, ${keys}}}}`;
const inDaemon = (keys: string) => `daemon: {${keys}}`;

describe('a mistake in daemon.yaml is told with its place and what is expected', () => {
  const mistakes: [string, string][] = [
    ['demon: {}', '1:1: demon: is an unknown key, expected "daemon"?'],
    ['[1]', '1:1: found a list, expected a mapping with the key "daemon"'],
    ['just text', '1:1: found "just text", expected a mapping with the key "daemon"'],
    [
      inModule('restrat: {}'),
      '1:35: daemon.modules.a.restrat: is an unknown key, expected "restart"?',
    ],
    [
      inDaemon('watchdog: {zzz: 1}'),
      '1:21: daemon.watchdog.zzz: is an unknown key, expected one of enabled, check_interval, auto_restart_on_crash, max_restart_attempts, restart_cooldown, alert_on_restart',
    ],
    [
      'daemon: {modules: {a: {type: nodee, module: x}}}',
      '1:30: daemon.modules.a.type: found "nodee", expected one of node, thread, exec, python, uvicorn, flask',
    ],
    [
      'daemon: {modules: {a: 5}}',
      '1:23: daemon.modules.a: found 5, expected a mapping of keys to values',
    ],
    [
      'daemon:\n  modules:\n    a:\n      type: node',
      '3:5: daemon.modules.a.module: is missing, expected the path of a script, or superbot:NAME for a shipped module',
    ],
    [
      'daemon: {modules: {a: {type: exec}}}',
      '1:20: daemon.modules.a.command: is missing, expected a list: the program and its arguments',
    ],
    [
      'daemon: {modules: {a: {type: exec, command: []}}}',
      '1:45: daemon.modules.a.command: found an empty list, expected a list of at least the program',
    ],
    [
      inModule('command: [x]'),
      '1:35: daemon.modules.a.command: belongs to modules of type exec, expected another type or key',
    ],
    [
      'daemon: {modules: {a: {type: exec, command: [x], module: y}}}',
      '1:50: daemon.modules.a.module: belongs to modules of type node, thread, python, expected another type or key',
    ],
    [
      'daemon: {modules: {a: {module: "superbot:../x"}}}',
      '1:32: daemon.modules.a.module: found "superbot:../x", expected the path of a script, or superbot:NAME for a shipped module',
    ],
    [
      'daemon: {modules: {../a: {module: x}}}',
      '1:20: daemon.modules["../a"]: is not a valid name, expected a name of up to 48 lower-case letters, digits, "_" and "-", a letter first',
    ],
    [
      'daemon: {modules: {keeper: {module: x}}}',
      '1:20: daemon.modules.keeper: is not a valid name, expected a name other than daemon, keeper and all, which are reserved',
    ],
    [
      inModule('args: [1]'),
      '1:42: daemon.modules.a.args[0]: found 1, expected text, in quotes if it looks like a number',
    ],
    [
      inModule('params: [1]'),
      '1:43: daemon.modules.a.params: found a list, expected a mapping of names to values',
    ],
    [
      inModule('params: {x: .nan}'),
      '1:47: daemon.modules.a.params.x: found NaN, expected a finite number',
    ],
    [
      inModule('provides: [rpc]'),
      '1:46: daemon.modules.a.provides[0]: found "rpc", expected a namespace that is not the daemon\'s own',
    ],
    [
      inModule('env: {SUPERBOT_HOME: x}'),
      '1:41: daemon.modules.a.env.SUPERBOT_HOME: is not a valid name, expected a variable name of letters, digits and "_" that does not begin with SUPERBOT_, which the daemon sets',
    ],
    [inModule('cwd: ""'), '1:40: daemon.modules.a.cwd: found "", expected a directory'],
    [
      inModule('user: "a b"'),
      '1:41: daemon.modules.a.user: found "a b", expected the name of a user, or null',
    ],
    [
      inModule('restart: {base_delay: 5s, max_delay: 1s}'),
      '1:72: daemon.modules.a.restart.max_delay: found "1s", expected at least base_delay',
    ],
    [
      inModule('restart: {jitter: 1.5}'),
      '1:53: daemon.modules.a.restart.jitter: found 1.5, expected a number from 0 to 1',
    ],
    [
      inModule('restart: {base_delay: -1}'),
      '1:57: daemon.modules.a.restart.base_delay: found -1, expected a duration from 0s to 1d such as 500ms, 10s, 5m or a number of seconds',
    ],
    [
      inModule('restart: {reset_after: 30d}'),
      '1:58: daemon.modules.a.restart.reset_after: found "30d", expected a duration from 1s to 24d such as 500ms, 10s, 5m or a number of seconds',
    ],
    [
      inModule('ready: {link: true, after: 1s}'),
      '1:42: daemon.modules.a.ready: found a mapping, expected only one of link, log, http, tcp, after',
    ],
    [
      inModule('ready: {link: false}'),
      '1:49: daemon.modules.a.ready.link: found false, expected true, or another way',
    ],
    [
      inModule('ready: {after: 1m}'),
      '1:50: daemon.modules.a.ready.after: found "1m", expected at most timeout, or the module could never become ready',
    ],
    [
      inModule('stop: {signal: constructor}'),
      '1:50: daemon.modules.a.stop.signal: found "constructor", expected the name of a signal of this platform such as SIGTERM, SIGINT or SIGQUIT',
    ],
    [
      `daemon:\n  modules: {trading: {module: x}}\n  autostart: [tradng]`,
      '3:15: daemon.autostart[0]: found "tradng", expected a module of daemon.modules: "trading"?',
    ],
    [
      `daemon:\n  modules: {a: {module: x, enabled: false}}\n  autostart: [a]`,
      '3:15: daemon.autostart[0]: found "a", expected a module that is enabled',
    ],
    [
      `daemon:\n  modules: {a: {module: x}}\n  autostart: [a, a]`,
      '3:18: daemon.autostart[1]: found "a", expected each name only once',
    ],
    [
      inDaemon('autostart: [toString]'),
      '1:22: daemon.autostart[0]: found "toString", expected a module of daemon.modules',
    ],
    [
      inDaemon('ipc: {tcp_host: 0.0.0.0}'),
      '1:26: daemon.ipc.tcp_host: found "0.0.0.0", expected a loopback address: 127.0.0.1, ::1 or localhost',
    ],
    [
      inDaemon('ipc: {tcp_port: 65536}'),
      '1:26: daemon.ipc.tcp_port: found 65536, expected a whole number from 0 to 65535',
    ],
    [
      inDaemon('ipc: {auth: no}'),
      '1:22: daemon.ipc.auth: found "no", expected one of auto, required',
    ],
    [
      inDaemon('ipc: {auth_token: 12345678}'),
      '1:28: daemon.ipc.auth_token: found a value that is not shown, expected a token of 1 to 1024 characters, or null, in quotes if it looks like a number',
    ],
    [
      inDaemon('ipc: {max_message: 1}'),
      '1:29: daemon.ipc.max_message: found 1, expected a size from 4K to 64M such as 64K, 512M or a number of bytes',
    ],
    [
      inDaemon(`ipc: {socket_path: /${'x'.repeat(150)}}`),
      `1:29: daemon.ipc.socket_path: has 151 bytes as an absolute path, expected at most ${process.platform === 'linux' ? 107 : 103}`,
    ],
    [
      inDaemon('logs: {keep: 0}'),
      '1:23: daemon.logs.keep: found 0, expected a whole number from 1 to 1000',
    ],
    [
      inDaemon('shutdown: {timeout: .inf}'),
      '1:30: daemon.shutdown.timeout: found Infinity, expected a finite number',
    ],
  ];
  for (const [yaml, line] of mistakes)
    it(yaml.replaceAll('\n', ' ').slice(0, 70), () => {
      expect(problemLines(load(yaml))).to.deep.equal([`daemon.yaml:${line}`]);
    });
});

describe('a configuration full of mistakes', () => {
  it('has all of them told at once, in the order of the file, whatever their kind', () => {
    const yaml = `
daemon:
  modules:
    wrong-type:
      type: nodee
      args: [1]
      stop: {scope: all, signal: SIGTREM}
    Bad Name: {module: x}
    all: {module: x}
    node-one:
      comand: [x]
      command: [x]
      restart: {base_delay: 5s, max_delay: 1s, jitter: 7, polcy: x, max_restarts: -1}
      ready: {link: true, after: soon}
    exec-one:
      type: exec
      env: {"A-B": y, N: 5}
      env_inherit: ["*"]
      provides: [rpc, Foo]
      cwd: 5
      user: []
    number: 5
    off: {module: x, enabled: false}
  autostart: [of, off, 5]
  ipc: {transport: pipe, tcp_host: example.org, tcp_port: -1, auth: no, auth_token: "", max_message: 1T, port: 1}
  watchdog: {check_interval: never, auto_restart_on_crash: maybe}
  shutdown: {timeout: soon}
  logs: {level: loud, max_size: -1, keep: 1.5, overflow: burst}
demon: 1
`;
    const lines = problemLines(load(yaml));
    const keys = lines.map((line) => line.split(': ')[1]!.replace(/^daemon\./, ''));
    expect(keys).to.deep.equal([
      'modules.wrong-type.type',
      'modules.wrong-type.args[0]',
      'modules.wrong-type.stop.scope',
      'modules.wrong-type.stop.signal',
      'modules["Bad Name"]',
      'modules.all',
      'modules.node-one.module',
      'modules.node-one.comand',
      'modules.node-one.command',
      'modules.node-one.restart.max_delay',
      'modules.node-one.restart.jitter',
      'modules.node-one.restart.polcy',
      'modules.node-one.restart.max_restarts',
      'modules.node-one.ready',
      'modules.node-one.ready.after',
      'modules.exec-one.command',
      'modules.exec-one.env.A-B',
      'modules.exec-one.env.N',
      'modules.exec-one.env_inherit[0]',
      'modules.exec-one.provides[0]',
      'modules.exec-one.provides[1]',
      'modules.exec-one.cwd',
      'modules.exec-one.user',
      'modules.number',
      'autostart[0]',
      'autostart[1]',
      'autostart[2]',
      'ipc.transport',
      'ipc.tcp_host',
      'ipc.tcp_port',
      'ipc.auth',
      'ipc.auth_token',
      'ipc.max_message',
      'ipc.port',
      'watchdog.check_interval',
      'watchdog.auto_restart_on_crash',
      'shutdown.timeout',
      'logs.level',
      'logs.max_size',
      'logs.keep',
      'logs.overflow',
      'demon',
    ]);
  });

  it('has a key twice, an unset variable and an inexact number told beside the others', () => {
    const yaml = `
daemon:
  ipc: {tcp_port: 12345678901234567890, auth_token: "\${UNSET}", tcp_prt: 1}
  logs: {keep: 0}
  logs: {keep: 1}
`;
    const keys = problemLines(load(yaml)).map((line) => line.split(': ')[1]);
    expect(keys).to.deep.equal([
      'daemon.ipc.tcp_port',
      'daemon.ipc.auth_token',
      'daemon.ipc.tcp_prt',
      'daemon.logs.keep',
      'daemon.logs',
    ]);
  });

  it('has at most 200 of them told, and says how many are left', () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `  k${index}: 1`).join('\n');
    const lines = problemLines(load(`daemon:\n${keys}`));
    expect(lines).to.have.length(200);
    expect(lines.at(-1)).to.match(/^daemon.yaml:201:3: 801 more problems/);
  });
});
