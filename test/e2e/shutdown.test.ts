import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { argumentsOf } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** With a child of its own, both deaf to SIGTERM, and with all the time in the world. */
const stubborn = {
  type: 'exec',
  command: ['sh', '-c', 'trap "" TERM; sleep 1001 & while :; do sleep 1002; done'],
  ready: { after: '0s' },
  stop: { timeout: '1h' },
};
const sleeper = { type: 'exec', command: ['sleep', '1003'], ready: { after: '0s' } };

/** Notes its phases; while it ends it still can ask the daemon. */
const writerScript = `
  import { writeFileSync } from 'node:fs';
  import { connectModule, log } from ${JSON.stringify(join(compiledTree, 'modules/api/module.js'))};
  const notes = [];
  const module = connectModule();
  module.onShutdown('post', () => log.info('closed'));
  module.onShutdown('pre', ({ phase }) => void notes.push(phase));
  module.onShutdown(async ({ phase, deadlineMs }) => {
    notes.push(phase);
    const { state } = await module.call('module.status', { module: module.name });
    log.info('asked the daemon: ' + state);
    const file = process.env.SUPERBOT_HOME + '/data/writer.json';
    writeFileSync(file, JSON.stringify({ notes, deadlineMs }));
  });
  module.ready();
`;

describe('the end of the daemon (row 73)', () => {
  const homes = temporaryHomes();

  it('at its deadline kills every tree that is left, and lists it by module, pid and command', async () => {
    const home = homes.create({
      modules: { stubborn, sleeper },
      autostart: ['stubborn', 'sleeper'],
      shutdown: { timeout: '1500ms' },
    });
    const daemon = await home.foreground().ready();
    const { pid } = await home.reaches('stubborn', 'running');
    await home.reaches('sleeper', 'running');
    await until('its children run', () => commandsOf(home).includes('sleep 1002'));
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });

    expect(home.processes()).to.deep.equal([]);
    const told = home.storedLines('daemon').find(({ text }) => text.includes('SIGKILL'));
    expect(told?.level).to.equal('error');
    expect(told?.text)
      .to.include('not ended within 1.5 s')
      .and.to.include(`stubborn: pid ${pid} (`);
    expect(told?.text)
      .to.match(/pid \d+ \(sleep 1001\)/)
      .and.to.match(/pid \d+ \(sleep 1002\)/);
    expect(told?.text).not.to.include('sleep 1003');
    const listed = told?.fields?.['processes'] as { module: string }[];
    expect(listed.map(({ module }) => module)).to.deep.equal(Array(3).fill('stubborn'));
    const state = storedState(home);
    expect(state).to.include({ clean: true });
    expect(state.modules['stubborn']?.last_exit).to.include({ signal: 'SIGKILL' });
  });

  it('writes its state, and modules theirs, before what they need goes', async () => {
    const home = homes.create();
    const writer = {
      type: 'node',
      module: home.file('writer.mjs', writerScript),
      ready: { link: true },
      stop: { timeout: '1h' },
    };
    home.configure({ modules: { writer }, autostart: ['writer'], shutdown: { timeout: '100s' } });
    await home.start();
    await home.reaches('writer', 'running');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);

    const file = readFileSync(join(home.path, 'data', 'writer.json'), 'utf8');
    const { notes, deadlineMs } = JSON.parse(file) as { notes: string[]; deadlineMs: number };
    expect(notes).to.deep.equal(['pre', 'cleanup']);
    // Eight tenths of what the daemon had left, which is less than its own.
    expect(deadlineMs).to.be.within(40_000, 80_000);
    const said = home.storedLines('writer').map(({ text }) => text);
    expect(said).to.deep.equal(['asked the daemon: stopping', 'closed']);
    const { clean, modules } = storedState(home);
    expect(clean).to.equal(true);
    expect(modules['writer']?.last_exit).to.include({ code: 0 });
  });
});

interface StoredState {
  readonly clean: boolean;
  readonly modules: Readonly<Record<string, { last_exit: object } | undefined>>;
}

function storedState({ paths }: TestHome): StoredState {
  return JSON.parse(readFileSync(paths.state, 'utf8')) as StoredState;
}

function commandsOf(home: TestHome): string[] {
  return home.processes().map((pid) => argumentsOf(pid).join(' ').trim());
}
