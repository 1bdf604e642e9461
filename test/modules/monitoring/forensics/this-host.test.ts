import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Forensics } from '../../../../modules/monitoring/forensics/forensics.ts';
import { sourcesOfThisHost } from '../../../../modules/monitoring/forensics/sources.ts';
import type { StoredSample } from '../../../../modules/monitoring/store.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { isRunning } from '../../../support/processes.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { pauseRequest, processShare } from './requests.ts';
import { scriptsIn } from './scripts.ts';

describe('a capture of this host', () => {
  const folders = temporaryFolders();

  function open(scripts: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') {
    const clock = new FakeClock();
    const environment = scriptsIn(path.join(folders(), 'bin'), scripts);
    const sources = sourcesOfThisHost(clock, { environment, platform });
    const folder = path.join(folders(), 'events');
    const note = (): void => undefined;
    const log = { info: note, warn: note, error: note };
    const forensics = new Forensics({ folder, clock, log, sources, freeBytesMin: 0 });
    return { forensics, clock, folder };
  }

  it('has the ring, the culprits, the daemon’s state, and each of the rest or a reason (rows 35, 47)', async () => {
    const { forensics, folder } = open({
      journalctl: 'echo "$@"; echo "Hint: not all is shown" >&2',
    });
    const stored = {
      stress: { total: 70 },
      processes: [processShare()],
    } as unknown as StoredSample;
    const capture = await forensics.capture(pauseRequest({ ring: [stored] }));
    const files = (await capture?.finished) ?? [];
    expect(files.map(({ name }) => name)).to.deep.equal([
      ...['metadata.json', 'ring.json', 'culprits.json', 'daemon.json', 'pressure.json'],
      ...['kernel.txt', 'processes.json', 'kernel.log', 'system.log', 'trace.perf'],
      ...['stacks.txt', 'summary.json'],
    ]);
    for (const { name, bytes, failure } of files) expect(failure ?? bytes, name).not.to.equal('');
    const text = (name: string): string =>
      readFileSync(path.join(folder, capture?.folder ?? '', name), 'utf8');
    expect(JSON.parse(text('ring.json'))).to.have.nested.property('ring[0].stress.total', 70);
    expect(JSON.parse(text('ring.json'))).to.have.nested.property(
      ...(['ring[0].processes[0].cpu_percent', 97] as const),
    );
    expect(JSON.parse(text('culprits.json'))).to.have.nested.property('culprits[0].why', 'cpu');
    expect(JSON.parse(text('daemon.json'))).to.deep.equal({ state: { status: 'running' } });
    // The minute before the pause, in seconds since 1970.
    expect(text('system.log')).to.include(
      `--since @${Date.parse('2026-11-22T03:03:05Z') / 1000} --until @`,
    );
    const told = new Map(files.map((file) => [file.name, file.failure ?? file.note]));
    expect(told.get('system.log')).to.equal('Hint: not all is shown');
    expect(told.get('trace.perf')).to.equal('perf is not installed');
    await forensics.stop();
  });

  it('kills and reaps a journal and a trace that take too long, and has all of the others (row 35)', async () => {
    const pids = folders();
    const script = (name: string): string =>
      `echo $$ > ${pids}/${name}.new; /bin/mv ${pids}/${name}.new ${pids}/${name}; /bin/sleep 1000`;
    const { forensics, clock, folder } = open({ journalctl: script('j'), perf: script('p') });
    const capturing = forensics.capture(pauseRequest());
    const pidOf = (name: string) => () =>
      existsSync(`${pids}/${name}`) && Number(readFileSync(`${pids}/${name}`));
    const running = [await until('j', pidOf('j')), await until('p', pidOf('p'))];
    const { folder: name = '' } = (await capturing) ?? {};
    const processes = path.join(folder, name, 'processes.json');
    await until('the others are there', () => existsSync(processes));
    await clock.advance(10_000);
    const files = (await (await capturing)?.finished) ?? [];
    const failures = files.filter(({ failure }) => failure !== null);
    expect(failures.filter(({ name }) => name !== 'kernel.log')).to.deep.equal(
      ['system.log', 'trace.perf'].map((name) => ({
        ...{ name, bytes: null, failure: 'it took longer than 10 s', note: null },
      })),
    );
    expect(running.map((pid) => existsSync(`/proc/${pid}`))).to.deep.equal([false, false]);
  });

  it('leaves no program behind when the module stops in the middle of it', async () => {
    const pid = path.join(folders(), 'pid');
    const script = `/bin/sleep 1000 & echo $! > ${pid}.new; /bin/mv ${pid}.new ${pid}; wait`;
    const { forensics } = open({ journalctl: script });
    const capturing = forensics.capture(pauseRequest());
    const child = await until('it runs', () => existsSync(pid) && Number(readFileSync(pid)));
    await capturing;
    await forensics.stop();
    await until('its child is gone', () => !isRunning(child));
  });

  it('is what we know ourselves on a platform without sources', async () => {
    const { forensics } = open({}, 'darwin');
    const files = await (await forensics.capture(pauseRequest()))?.finished;
    expect(files?.map(({ name, failure }) => [name, failure])).to.deep.equal(
      ['metadata', 'ring', 'culprits', 'daemon', 'summary'].map((name) => [`${name}.json`, null]),
    );
  });
});
