import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bus } from '../../daemon/bus/bus.ts';
import { Configuration } from '../../daemon/configuration.ts';
import { Reload } from '../../daemon/reload.ts';
import { realSystem } from '../../daemon/system.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { configDirWith } from '../config/config-folder.ts';
import { failure } from '../rpc/failure.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
const first = 'daemon: {watchdog: {check_interval: 30}}';

describe('a reload', () => {
  let dir: string;
  let configuration: Configuration;
  let reload: Reload;
  /** What a part of the daemon hears, and the value that is in force at that moment. */
  let heard: { event: Event; keep: number }[];

  beforeEach(() => {
    dir = configDirWith({ 'daemon.yaml': first });
    configuration = new Configuration({ dir, environment: {}, profile: null });
    const bus = new Bus({ system: realSystem, log });
    heard = [];
    bus.subscribe({
      name: 'part',
      topics: ['config.*'],
      take: (event) => heard.push({ event, keep: configuration.config.logs.keep }),
    });
    reload = new Reload({
      configuration,
      modules: { isUp: () => false, runningDependants: () => [] },
      prepare: () => Promise.resolve(),
      apply: () => undefined,
      publish: bus.publish,
      log,
    });
    reload.begin();
  });

  it('tells the parts of the daemon, once the new values are in force (row 68: on_change)', async () => {
    writeFileSync(join(dir, 'daemon.yaml'), 'daemon: {logs: {keep: 7}}');
    reload.request();
    await reload.run({ dryRun: true });
    const [{ event, keep } = { event: null, keep: 0 }] = heard;
    expect(heard).to.have.length(1);
    expect({ topic: event?.topic, keep }).to.deep.equal({ topic: 'config.reloaded', keep: 7 });
    const { changed, plan } = event?.data as { changed: boolean; plan: { key: string }[] };
    expect(changed).to.equal(true);
    expect(plan.map(({ key }) => key)).to.include('logs.keep');
  });

  it('tells them also when nothing has changed, but not of a dry run', async () => {
    await reload.run({ dryRun: true });
    await reload.run({ dryRun: false });
    expect(heard.map(({ event }) => [event.topic, event.data])).to.deep.equal([
      ['config.reloaded', { changed: false, plan: [] }],
    ]);
  });

  it('tells them of the mistakes when it is rejected, and the old values stay', async () => {
    writeFileSync(join(dir, 'daemon.yaml'), 'daemon: {logs: {keep: 0}}');
    expect(await failure(reload.run({ dryRun: true }))).to.have.property('code', -32008);
    expect(await failure(reload.run({ dryRun: false }))).to.have.property('code', -32008);
    expect(heard).to.have.length(1);
    const [{ event, keep } = { event: null, keep: 0 }] = heard;
    expect({ topic: event?.topic, keep }).to.deep.equal({ topic: 'config.rejected', keep: 5 });
    expect(JSON.stringify(event?.data)).to.include('logs.keep');
  });
});
