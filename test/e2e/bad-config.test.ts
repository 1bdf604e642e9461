import { expect } from 'chai';
import { describe, it } from 'mocha';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const mistakes = `daemon:
  modules:
    ../x: {type: exec, command: [sleep, '1']}
    daemon: {type: exec, command: [sleep, '1']}
    collector:
      type: exe
      command: sleep 1
    trading:
      type: node
      module: superbot:trading
      restrat: {policy: always}
      restart: {base_delay: soon}
      env: {TOKEN: "\${SUPERBOT_TEST_UNSET}"}
  autostart: [tradign]
  ipc: {tcp_host: 0.0.0.0, max_message: 1}
  ipcc: {}
`;
const expectedKeys = [
  'daemon.modules["../x"]',
  'daemon.modules.daemon',
  'daemon.modules.collector.type',
  'daemon.modules.trading.restrat',
  'daemon.modules.trading.restart.base_delay',
  'daemon.modules.trading.env.TOKEN',
  'daemon.autostart[0]',
  'daemon.ipc.tcp_host',
  'daemon.ipc.max_message',
  'daemon.ipcc',
];

describe('a configuration full of mistakes', () => {
  const homes = temporaryHomes();

  it('ends the daemon with status 1 and every problem in one go, and nothing was started (row 53)', async () => {
    const home = homes.create(mistakes);
    const daemon = home.foreground();
    expect(await daemon.ended).to.deep.equal({ status: 1, signal: null });
    expectAllProblems(await daemon.stderr);
    expect(home.processes()).to.deep.equal([]);
  });

  it('is printed by "daemon start", which exits 1', async () => {
    const home = homes.create(mistakes);
    const { status, stderr } = await home.cli('daemon', 'start');
    expect(status).to.equal(1);
    expectAllProblems(stderr);
    // It has told why before it is gone.
    await until('the daemon is gone', () => home.processes().length === 0);
  });

  it('keeps a restart from giving up the daemon that runs, and its modules', async () => {
    const home = homes.create({
      modules: { sleeper: { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } } },
      autostart: ['sleeper'],
    });
    const daemon = await home.start();
    const { pid } = await home.reaches('sleeper', 'running');
    home.configure(mistakes);
    for (const options of [[], ['--keep-modules']]) {
      const { status, stderr } = await home.cli('daemon', 'restart', ...options);
      expect(status).to.equal(1);
      expect(stderr).to.include('the daemon was not restarted and runs on');
      expectAllProblems(stderr);
    }
    expect(await home.start()).to.equal(daemon);
    expect(await home.module('sleeper')).to.include({ state: 'running', pid });
  });

  const broken: [title: string, text: string, told: RegExp][] = [
    ['no YAML', 'daemon: [unclosed', /daemon\.yaml:\d+:\d+/],
    ['a list', '- a\n- b\n', /daemon\.yaml:1:1.*mapping/],
    ['binary', '\0\x01\x02', /daemon\.yaml/],
    ['an alias bomb', aliasBomb(), /daemon\.yaml/],
  ];
  for (const [title, text, told] of broken) {
    it(`says where a file is wrong that is ${title}`, async () => {
      const daemon = homes.create(text).foreground();
      expect((await daemon.ended).status).to.equal(1);
      expect(await daemon.stderr).to.match(told);
    });
  }
});

function expectAllProblems(text: string): void {
  for (const key of expectedKeys) expect(text, text).to.include(`${key}: `);
  expect(text).to.match(/daemon\.yaml:\d+:\d+: /);
  expect(text).not.to.match(/ {4}at /);
}

/** Nine levels of nine references each: 387 million strings once expanded. */
function aliasBomb(): string {
  const level = (n: number) =>
    `l${n}: &l${n} [${Array(9)
      .fill(`*l${n - 1}`)
      .join(', ')}]`;
  return ['l0: &l0 [x, x, x]', ...Array.from({ length: 9 }, (_, n) => level(n + 1))].join('\n');
}
