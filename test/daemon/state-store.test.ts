import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bootId } from '../../daemon/processes.ts';
import { readState, StateStore, stateVersion } from '../../daemon/state-store.ts';
import { blankMemory, type ModuleMemory } from '../../daemon/supervisor/memory.ts';
import { realSystem, type System } from '../../daemon/system.ts';
import { failure } from '../rpc/failure.ts';
import { FakeClock } from '../support/fake-clock.ts';

describe('the state file', () => {
  let dir: string;
  let path: string;
  let modules: Record<string, ModuleMemory>;
  let asked: number;

  const store = (system: Pick<System, 'after'> = realSystem): StateStore => {
    const current = (): typeof modules => {
      asked++;
      return modules;
    };
    return new StateStore(path, current, undefined, undefined, system);
  };
  const setCount = (restart_count: number): void => {
    modules = { bot: { ...blankMemory, restart_count } };
  };
  const storedCount = (): number | undefined => readState(path).state.modules['bot']?.restart_count;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sb-state-'));
    path = join(dir, 'state.json');
    asked = 0;
    setCount(0);
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('gives back what was saved, for its owner only', async () => {
    setCount(3);
    await store().save();
    const { state, damaged } = readState(path);
    expect(state).to.deep.equal({
      version: stateVersion,
      boot_id: bootId(),
      clean: false,
      modules,
      schedule: { jobs: {}, hours: null },
    });
    expect(damaged).to.equal(null);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readdirSync(dir)).to.deep.equal(['state.json']);
  });

  it('lets a save that nothing waits for be one with the next', async () => {
    const saves = store(new FakeClock());
    setCount(1);
    const soon = saves.save('soon');
    await nextTurn();
    expect(asked).to.equal(0);
    setCount(2);
    await Promise.all([soon, saves.save('soon'), saves.save()]);
    expect(asked).to.equal(1);
    expect(storedCount()).to.equal(2);
  });

  it('stores what nothing waits for by itself when no other save comes', async () => {
    setCount(1);
    await store().save('soon');
    expect(storedCount()).to.equal(1);
  });

  it('rejects also a save that has waited for another when the disk does not take it', async () => {
    rmSync(dir, { recursive: true });
    const error = await failure(store().save('soon'));
    mkdirSync(dir);
    expect(error).to.have.property('code', 'ENOENT');
  });

  it('begins empty and clean where there is none', () => {
    expect(readState(path)).to.deep.equal({
      state: {
        version: stateVersion,
        boot_id: '',
        clean: true,
        modules: {},
        schedule: { jobs: {}, hours: null },
      },
      damaged: null,
    });
  });

  it('reads what a superbot without a schedule has written', () => {
    const stored = { version: stateVersion, boot_id: bootId(), clean: false, modules: {} };
    writeFileSync(path, JSON.stringify(stored));
    expect(readState(path)).to.deep.equal({
      state: { ...stored, schedule: { jobs: {}, hours: null } },
      damaged: null,
    });
  });

  it('says "clean" only after the last save of a clean stop', async () => {
    const saved = store();
    await saved.save();
    expect(readState(path).state.clean).to.equal(false);
    await saved.saveLast({ clean: true }, { error: () => expect.fail('not stored') });
    expect(readState(path).state.clean).to.equal(true);
  });

  it('holds a change by the time its save resolves, whatever was being written', async () => {
    const saved = store();
    const changes = fc.sample(fc.boolean(), { seed: 20260105, numRuns: 60 });
    const saves: Promise<void>[] = [];
    let count = 0;
    for (const waits of changes) {
      setCount(++count);
      const own = count;
      saves.push(
        saved.save().then(() => expect(storedCount()).to.be.at.least(own)) as Promise<never>,
      );
      if (waits) await Promise.race(saves);
    }
    await Promise.all(saves);
    expect(storedCount()).to.equal(count);
  });

  it('joins the saves that come while one is under way into one more', async () => {
    const saved = store();
    const first = saved.save();
    // The first has taken its picture when this resolves.
    await Promise.resolve()
      .then(() => undefined)
      .then(() => undefined);
    await Promise.all([first, ...Array.from({ length: 100 }, () => saved.save())]);
    expect(asked).to.equal(2);
  });

  it('is replaced only when there is something new to say, or somebody has removed it', async () => {
    const ino = (): number => statSync(path).ino;
    const states = store();
    await states.save();
    const first = ino();
    await states.save();
    expect(ino(), 'nothing new').to.equal(first);
    setCount(1);
    await states.save();
    expect(ino(), 'another count').not.to.equal(first);
    rmSync(path);
    await states.save();
    expect(storedCount(), 'removed').to.equal(1);
    writeFileSync(`${path}.theirs`, '{}');
    renameSync(`${path}.theirs`, path);
    await states.save();
    expect(storedCount(), 'replaced').to.equal(1);
  });

  it('is whole for a reader at every moment', async () => {
    const saved = store();
    await saved.save();
    const counts = Array.from({ length: 20 }, (_, count) => count);
    const left = new Set(counts);
    const writes = (async () => {
      for (const count of counts) {
        setCount(count);
        await saved.save();
        left.delete(count);
      }
    })();
    let looks = 0;
    while (left.size > 0) {
      expect(readState(path).damaged).to.equal(null);
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writes;
    expect(looks).to.be.above(20);
  });

  it('rejects each save of a failing disk, and recovers with the disk', async () => {
    const saved = store();
    // Stands in the way of the temporary file, also for root.
    mkdirSync(`${path}.new`);
    setCount(1);
    const errors = await Promise.all([failure(saved.save()), failure(saved.save())]);
    for (const error of errors) expect(error).to.have.property('code', 'EISDIR');
    const told: object[] = [];
    await saved.saveLast({ clean: false }, { error: (fields) => told.push(fields) });
    expect(told).to.have.nested.property('[0].err.code', 'EISDIR');
    await rmdir(`${path}.new`);
    await saved.save();
    expect(storedCount()).to.equal(1);
  });

  it('is kept as .bad when it is damaged, and the memory begins anew', async () => {
    const memory = { ...blankMemory };
    const damages = [
      '',
      '{"version": 1, "boot',
      'null',
      '[]',
      '{}',
      '{"version": "1"}',
      '{"version": 1}',
      JSON.stringify({ version: 1, boot_id: '', clean: false, modules: { bot: null } }),
      JSON.stringify({
        version: 1,
        boot_id: '',
        clean: false,
        modules: { bot: { ...memory, state: 'dancing' } },
      }),
    ];
    for (const text of damages) {
      await writeFile(path, text);
      const { state, damaged } = readState(path);
      expect(damaged, text).to.equal(`${path}.bad`);
      expect(state.modules).to.deep.equal({});
      expect(readFileSync(`${path}.bad`, 'utf8')).to.equal(text);
      expect(existsSync(path)).to.equal(false);
    }
  });

  it('is refused and left alone when a newer superbot wrote it', async () => {
    const text = JSON.stringify({ version: stateVersion + 1, something: 'new' });
    await writeFile(path, text);
    expect(() => readState(path)).to.throw(/newer superbot/);
    expect(readFileSync(path, 'utf8')).to.equal(text);
  });
});
