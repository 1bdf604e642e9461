import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stopServer } from '../../../modules/database/stopping.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const folder = temporaryFolders();
/** Of a signal that will do, on however busy a machine; and of one that never will. */
const [long, short] = [30_000, 150];
const patience = { SIGINT: long, SIGQUIT: long };

/** A program that lets some signals pass, as a server does that hangs. */
async function stubborn(ignored: string): Promise<ChildProcess> {
  const script = `trap '' ${ignored}; echo ready; while :; do sleep 0.01; done`;
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

async function stopped(
  child: ChildProcess,
  given: Partial<typeof patience> = {},
  checkpoint = () => Promise.resolve(),
) {
  const words: string[] = [];
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const server = { pid: child.pid ?? 0, cluster: folder(), isGone, checkpoint };
  const signal = await stopServer(server, (doing) => void words.push(doing), {
    ...patience,
    ...given,
  });
  return { signal, words, isGone: isGone() };
}

describe('the end of a server', () => {
  it('is gentle where that is enough', async () => {
    const end = await stopped(await stubborn('HUP'));
    expect(end).to.deep.equal({ signal: 'SIGINT', words: [], isGone: true });
  });

  it('is at once where a gentle one hangs', async () => {
    const { signal, words, isGone } = await stopped(await stubborn('INT'), { SIGINT: short });
    expect([signal, words.length, isGone]).to.deep.equal(['SIGQUIT', 1, true]);
  });

  it('is by force where nothing else is left', async () => {
    const { signal, words, isGone } = await stopped(await stubborn('INT QUIT'), {
      SIGINT: short,
      SIGQUIT: short,
    });
    expect([signal, words.length, isGone]).to.deep.equal(['SIGKILL', 2, true]);
  });

  it('comes also when the checkpoint before it fails', async () => {
    const failing = () => Promise.reject(new Error('the disk is full'));
    const { signal, words } = await stopped(await stubborn('HUP'), {}, failing);
    expect(signal).to.equal('SIGINT');
    expect(words[0]).to.match(/^no checkpoint before the end/);
  });
});
