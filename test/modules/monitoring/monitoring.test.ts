import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../../modules/api/clock.ts';
import { answersOf } from '../../../modules/monitoring/answers/answers.ts';
import { openHost } from '../../../modules/monitoring/host/host.ts';
import { FolderTakenError, openMonitoring } from '../../../modules/monitoring/monitoring.ts';
import { parseParams } from '../../../modules/monitoring/params.ts';
import { type MethodName, methods } from '../../../rpc/contract.ts';
import type {
  StressDetail,
  StressEvent,
  StressHistory,
  StressPruned,
  StressStatus,
} from '../../../rpc/shapes-stress.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

/** A busy test machine is late, which adds 30 at most: critical is beyond what that makes of elevated. */
const sampling = { normal_interval: '150ms', elevated_interval: '100ms', critical_threshold: 65 };

/** The module without its process, on a host that is made of three files and has no pressure to tell. */
describe('monitoring on a host without pressure, heat and disks', () => {
  const freshFolder = temporaryFolders();
  const root = freshFolder();
  const folder = freshFolder();
  const published: { topic: string; data: object }[] = [];
  const logged: string[] = [];
  let module: Awaited<ReturnType<typeof open>>;

  /** @param availableKb of a million */
  function hostHas(load1: number, availableKb: number): void {
    mkdirSync(join(root, 'proc'), { recursive: true });
    const memory = `MemTotal: 1000000 kB\nMemAvailable: ${availableKb} kB\n`;
    // First: a sample between the two would be critical of the load alone, where it is late.
    writeFileSync(join(root, 'proc/meminfo'), memory);
    writeFileSync(join(root, 'proc/loadavg'), `${load1.toFixed(2)} 0.00 0.00 1/100 1\n`);
    const cores = 'cpu0 10 0 10 70 0 0 0 0 0 0\ncpu1 10 0 10 70 0 0 0 0 0 0\n';
    writeFileSync(join(root, 'proc/stat'), `cpu 20 0 20 140 0 0 0 0 0 0\n${cores}`);
  }

  async function open(given: object, place = folder) {
    const parsed = parseParams({ sampling, keep_awake: false, ...given });
    if (!parsed.ok) throw new Error(parsed.problem);
    const keep = (message: string) => void logged.push(message);
    const opened = await openMonitoring({
      params: parsed.params,
      host: openHost({ root, platform: 'linux', tell: () => undefined }),
      database: null,
      folder: place,
      home: null,
      emit: (topic, data) => void published.push({ topic, data }),
      daemonState: () => Promise.reject(new Error('there is no daemon')),
      clock: realClock,
      log: { debug: keep, info: keep, warn: keep, error: keep },
    });
    const answers = answersOf(() => opened.parts);
    return {
      ...opened,
      /** What nobody may ask of the shape: no key more, none less. */
      ask: async (method: `stress.${string}`, params: object = {}) => {
        const answer: unknown = JSON.parse(JSON.stringify(await answers[method]!(params)));
        expect(methods[method as MethodName].result.parse(answer)).to.deep.equal(answer);
        return answer;
      },
    };
  }

  const ask = <T>(method: `stress.${string}`, params: object = {}) =>
    module.ask(method, params) as Promise<T>;
  const status = () => ask<StressStatus>('stress.status');
  const events = async () => (await ask<{ events: StressEvent[] }>('stress.events')).events;
  const topics = () => [...new Set(published.map(({ topic }) => topic))];

  before(async () => {
    hostHas(0.5, 900_000);
    module = await open({ alerts: { elevated_entered: true, critical_duration: 0 } });
    await module.start();
  });
  after(() => module.stop());

  it('says null of what such a host does not tell, and never an invented 0 (row 46)', async () => {
    const { last_sample: sample } = await until('two samples', async () => {
      const now = await status();
      return now.sample_count >= 2 ? now : null;
    });
    expect(sample!.pressure).to.deep.equal({ cpu: null, memory: null, io: null });
    expect(sample!.thermal).to.deep.equal({ celsius: null, cpu_mhz: null, is_throttled: null });
    expect(sample!.disk.written_bytes_per_second).to.equal(null);
    expect(sample!.memory.swap_used_bytes).to.equal(null);
    expect(sample!.container).to.equal(null);
    expect(sample!.memory.available_percent).to.equal(90);
    expect(sample!.cpu.load1).to.equal(0.5);
    expect(sample!.stress.parts).to.include({ load: 0, memory: 0, pressure: 0 });
  });

  it('publishes every sample in short, so that it pushes nothing out', () => {
    const samples = published.filter(({ topic }) => topic === 'stress.sample');
    expect(samples.length).to.be.at.least(2);
    for (const { data } of samples) {
      expect(data).to.include({ level: 'normal', load1: 0.5, memory_available_percent: 90 });
      expect(data).to.include({ steal_percent: null });
      expect(JSON.stringify(data).length).to.be.below(1000);
    }
  });

  it('tells of an elevated host, keeps the episode, and ends it', async () => {
    hostHas(5, 900_000);
    await until('it is elevated', () => topics().includes('stress.elevated'));
    expect(await status()).to.include({ level: 'elevated', critical_since: null });
    expect((await status()).sampling.interval_ms).to.equal(100);
    hostHas(0.5, 900_000);
    await until('it is normal', () => topics().includes('stress.normal'));
    const [episode] = await until('the episode has an end', async () => {
      const all = await events();
      return (all[0]?.duration_ms ?? null) === null ? null : all;
    });
    expect(episode).to.include({ kind: 'elevated', pause: null });
    expect(episode!.stress.parts).to.include({ load: 30, memory: 0 });
    const alerts = published.filter(({ topic }) => topic === 'stress.alert');
    expect(alerts.map(({ data }) => (data as { type: string }).type)).to.include(
      'elevated_entered',
    );
  });

  it('captures a critical host at once, and says where (row 36)', async () => {
    hostHas(6, 10_000);
    const event = await until('the event names its capture', async () => {
      const all = await events();
      return all.find(({ kind, folder: name }) => kind === 'critical' && name !== null);
    });
    expect(event.stress.parts).to.include({ load: 40, memory: 28 });
    const path = join(folder, 'events', event.folder!);
    await until('metadata.json is there', () => existsSync(join(path, 'metadata.json')));
    const detail = await ask<StressDetail>('stress.show', { id: event.id });
    expect(detail.event).to.include({ id: event.id, kind: 'critical' });
    expect(detail.forensics).to.include({ path, trigger: 'critical' });
    expect(detail.before).to.not.deep.equal([]);
    expect(logged).to.include('preemptive_snapshot_triggered');
  });

  it('gives its history sample by sample, page by page, and thinned', async () => {
    const from = new Date(Date.now() - 600_000).toISOString();
    const to = new Date(Date.now() + 1000).toISOString();
    const all = await ask<StressHistory>('stress.history', { from, to });
    expect(all.rows.length).to.be.greaterThan(4);
    expect(all.next).to.equal(null);
    const first = await ask<StressHistory>('stress.history', { from, to, limit: 3 });
    const after_ = { from, to, limit: 500, after: first.next };
    const rest = await ask<StressHistory>('stress.history', after_);
    expect([...first.rows, ...rest.rows].slice(0, all.rows.length)).to.deep.equal(all.rows);
    const thin = await ask<StressHistory>('stress.history', { from, to, points: 1 });
    expect(thin.rows).to.have.lengthOf(1);
    expect(thin.rows[0]!.samples).to.be.at.least(all.rows.length);
    expect(thin.rows[0]!.stress_memory).to.equal(28);
  });

  const refused: readonly (readonly [`stress.${string}`, object, string])[] = [
    ['stress.events', { limit: 0 }, 'limit'],
    ['stress.events', { kind: 'storm' }, 'kind'],
    ['stress.show', {}, 'id'],
    ['stress.history', { from: 'yesterday', to: 'today' }, 'from'],
    ['stress.history', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to'],
    [
      'stress.history',
      { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', after: 'x' },
      'after',
    ],
    ['stress.prune', { samples_days: -1 }, 'samples_days'],
    ['stress.prune', { all: true }, 'params'],
  ];
  for (const [method, params, name] of refused) {
    it(`refuses ${method} ${JSON.stringify(params)}, and says why`, async () => {
      const error = await module.ask(method, params).then(
        () => null,
        (problem: unknown) => problem as { code: number; message: string },
      );
      expect(error).to.include({ code: -32602 });
      expect(error!.message).to.include(name);
    });
  }

  it('says that there is no such event', async () => {
    const error = await module
      .ask('stress.show', { id: 987_654 })
      .catch((problem: unknown) => problem);
    expect(error).to.include({ code: -32002 });
  });

  it('prunes rows and captures, but only counts in a dry run (row 40)', async () => {
    const now = { samples_days: 0, events_days: 0 };
    const counted = await ask<StressPruned>('stress.prune', { ...now, dry_run: true });
    expect(counted).to.include({ dry_run: true, folders: 1 });
    expect(counted.events).to.be.at.least(2);
    const [kept] = (await events()).filter(({ folder: name }) => name !== null);
    const path = join(folder, 'events', kept!.folder!);
    expect(existsSync(path)).to.equal(true);
    const pruned = await ask<StressPruned>('stress.prune', now);
    expect(pruned).to.include({ dry_run: false, folders: 1 });
    expect(existsSync(path)).to.equal(false);
    expect((await events()).filter(({ id }) => id === kept!.id)).to.deep.equal([]);
  });

  it('is one for each data folder (row 41)', async () => {
    const second = await open({}).catch((error: unknown) => error);
    expect(second).to.be.instanceOf(FolderTakenError);
  });

  it('in learning mode only counts, and remembers what it has counted', async () => {
    const place = freshFolder();
    hostHas(6, 10_000);
    const first = await open({ learning_mode: true }, place);
    const learned = async (module_: typeof first) =>
      ((await module_.ask('stress.status')) as StressStatus).learning!;
    published.length = 0;
    await first.start();
    await until('it has counted', async () => (await learned(first)).samples >= 2);
    await first.stop();
    const { samples, histogram } = await learned(first);
    expect(histogram.slice(6).reduce((sum, count) => sum + count, 0)).to.equal(samples);
    const second = await open({ learning_mode: true }, place);
    expect((await learned(second)).samples).to.equal(samples);
    expect(((await second.ask('stress.status')) as StressStatus).level).to.equal('normal');
    await second.stop();
  });
});
