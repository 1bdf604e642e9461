import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { freePort } from '../support/free-port.ts';
import { pythonEnv, whyNoPython } from '../support/python.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

interface NewModule {
  readonly module: string;
  readonly dir: string;
  readonly files: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly yaml: string;
}

interface TypeCase {
  readonly type: string;
  readonly files: readonly string[];
  readonly skipped?: string | null;
  readonly isPython?: boolean;
  readonly isWeb?: boolean;
  /** Without a link it claims no method. */
  readonly isUnlinked?: boolean;
}

const python = { isPython: true };
const web = { isPython: true, isWeb: true };
const cases: readonly TypeCase[] = [
  { type: 'node', files: ['main.mjs'] },
  { type: 'thread', files: ['main.mjs'] },
  { type: 'exec', files: ['run.sh'], isUnlinked: true },
  { type: 'python', files: ['main.py', 'superbot_module.py'], skipped: whyNoPython(), ...python },
  {
    type: 'uvicorn',
    files: ['app.py', 'superbot_module.py'],
    skipped: whyNoPython('uvicorn', 'fastapi'),
    ...web,
  },
  {
    type: 'flask',
    files: ['app.py', 'superbot_module.py'],
    skipped: whyNoPython('flask', 'waitress'),
    ...web,
  },
];

const name = 'my-bot_2';

describe('superbot-cli module new', () => {
  const homes = temporaryHomes();
  const newFolder = temporaryFolders();

  async function scaffold(home: TestHome, ...args: string[]): Promise<NewModule> {
    const { status, stdout, stderr } = await home.cli('module', 'new', ...args, '--json');
    expect(status, stdout + stderr).to.equal(0);
    return JSON.parse(stdout) as NewModule;
  }

  for (const { type, files, skipped = null, isPython, isWeb, isUnlinked } of cases) {
    const why = skipped === null ? '' : ` (skipped: ${skipped})`;
    (skipped === null ? it : it.skip)(
      `writes a module of type ${type} that starts, works and stops gracefully (row 97)${why}`,
      async () => {
        const home = homes.create({});
        const made = await scaffold(home, name, '--type', type, '--dir', newFolder());
        expect([...made.files].sort()).to.deep.equal(files);
        expect(readdirSync(made.dir).sort()).to.deep.equal(files);
        const { PATH, PYTHONDONTWRITEBYTECODE } = pythonEnv;
        const more = {
          ...(isPython ? { env: { PATH, PYTHONDONTWRITEBYTECODE } } : {}),
          ...(isWeb ? { port: await freePort() } : {}),
        };
        home.configure({ modules: { [name]: { ...made.config, ...more } } });
        await home.start();
        const started = await home.cli('module', 'start', name);
        expect(started.status, started.stdout + started.stderr).to.equal(0);
        const texts = (): string[] => home.storedLines(name).map(({ text }) => text);
        if (isWeb) {
          const url = `http://127.0.0.1:${more.port}/`;
          const answer = await until('it answers', () => fetch(url).catch(refused));
          expect(await answer.json()).to.deep.equal({ hello: name, requests: 1 });
        } else await until('it works', () => texts().some((text) => text.startsWith('tick')));
        if (!isUnlinked) {
          const rpc = await home.rpc();
          expect(await rpc.callAny(`${name}.status`)).to.have.property(
            isWeb ? 'requests' : 'ticks',
          );
          await until('it is well', async () => (await home.module(name)).health === 'healthy');
        }
        const stopped = await home.cli('module', 'stop', name, '--json');
        expect(JSON.parse(stopped.stdout)).to.have.nested.include({
          state: 'stopped',
          'last_exit.signal': null,
        });
        expect(texts()).to.include('stopped');
      },
    );
  }

  it('prints the section of daemon.yaml and how to start the module', async () => {
    const home = homes.create({});
    const dir = join(newFolder(), "it's: a #folder");
    const { config, yaml } = await scaffold(home, 'one', '--dir', dir);
    expect(parse(`daemon:\n  modules:\n${yaml}`)).to.deep.equal({
      daemon: { modules: { one: config } },
    });
    const { stdout } = await home.cli('module', 'new', 'two', '--dir', dir);
    expect(stdout).to.contain('    two:\n      type: node\n');
    expect(stdout).to.contain('superbot-cli module start two');
  });

  it('overwrites nothing', async () => {
    const home = homes.create({});
    const dir = newFolder();
    const { files } = await scaffold(home, 'bot', '--dir', dir);
    const file = join(dir, 'bot', files[0]!);
    writeFileSync(file, 'mine');
    const again = await home.cli('module', 'new', 'bot', '--type', 'python', '--dir', dir);
    expect(again.status).to.equal(1);
    expect(again.stderr).to.contain('it exists already');
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect(readdirSync(join(dir, 'bot'))).to.deep.equal(files);
  });

  it('refuses a name that no module can have, and a type that there is not', async () => {
    const home = homes.create({});
    const dir = newFolder();
    for (const args of [['Bot'], ['daemon'], ['../bot'], ['bot', '--type', 'java']]) {
      const { status, stderr } = await home.cli('module', 'new', '--dir', dir, ...args);
      expect(status, stderr).to.equal(2);
    }
    expect(readdirSync(dir)).to.deep.equal([]);
  });
});

/** What fetch throws when nobody listens yet. */
function refused(error: unknown): null {
  if (error instanceof TypeError) return null;
  throw error;
}
