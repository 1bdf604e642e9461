import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnProcesses } from '../../../../modules/monitoring/processes/own-processes.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

describe('the pids of the daemon and its keepers', () => {
  const folder = temporaryFolders();

  function homeWith(files: Readonly<Record<string, string>>): string {
    const home = folder();
    mkdirSync(join(home, 'run'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
    return home;
  }

  async function pidsOf(home: string): Promise<number[]> {
    const own = new OwnProcesses(home);
    await own.refresh();
    return [...own.pids].sort((a, b) => a - b);
  }

  it('are those that they write into the home, keepers of every version', async () => {
    const home = homeWith({
      'daemon.pid': '4321\n',
      'run/keeper-3.identity': '{"pid":77,"startTime":"12","bootId":"x"}',
      'run/keeper-4.identity': '{"pid":78,"startTime":"13","bootId":"x"}',
      'run/bot.json': '{"pid":79}',
      'run/keeper-5.identity.new': '{"pid":80}',
    });
    expect(await pidsOf(home)).to.deep.equal([77, 78, 4321]);
  });

  it('are not taken from what is no pid', async () => {
    const home = homeWith({
      'daemon.pid': '-1',
      'run/keeper-1.identity': '{"pid":"9"}',
      'run/keeper-2.identity': 'null',
      'run/keeper-3.identity': '{"pid":1}',
      'run/keeper-4.identity': '{"pid":99999999999999999999}',
      'run/keeper-5.identity': '{"pid":5}',
    });
    expect(await pidsOf(home)).to.deep.equal([5]);
  });

  it('follow a new daemon, and go with it', async () => {
    const home = homeWith({ 'daemon.pid': '41' });
    const own = new OwnProcesses(home);
    await own.refresh();
    writeFileSync(join(home, 'daemon.pid'), '42');
    await own.refresh();
    expect([...own.pids]).to.deep.equal([42]);
    rmSync(join(home, 'daemon.pid'));
    await own.refresh();
    expect([...own.pids]).to.deep.equal([]);
  });

  it('stay as they were known while the home cannot be read', async () => {
    const home = homeWith({ 'daemon.pid': '41' });
    const own = new OwnProcesses(home);
    await own.refresh();
    rmSync(home, { recursive: true });
    await own.refresh();
    expect([...own.pids]).to.deep.equal([41]);
    expect(await pidsOf(home), 'that nobody could ever read').to.deep.equal([]);
  });
});
