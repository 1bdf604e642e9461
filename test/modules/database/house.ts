// A folder with an embedded database, as the daemon lays it out, and servers on it that go with the test.
import { afterEach } from 'mocha';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { embeddedUrl } from '../../../daemon/database/url.ts';
import type { Logger } from '../../../modules/api/log.ts';
import { ask, type Row } from '../../../modules/database/ask.ts';
import { binaryPlaces } from '../../../modules/database/binaries.ts';
import { clusterProcesses, signalTo } from '../../../modules/database/cluster-processes.ts';
import { clusterFolder, openEmbedded } from '../../../modules/database/embedded.ts';
import type { Server } from '../../../modules/database/server.ts';
import { removeSegments } from '../../support/shared-segment.ts';
import { until } from '../../support/until.ts';

export class DatabaseHouse {
  readonly dataDir: string;
  readonly password = 'pw-of-a-test';
  readonly words: string[] = [];
  readonly log: Logger;
  socketFolder: string;

  constructor(dataDir = join(mkdtempSync('/tmp/sb-db-'), 'database')) {
    this.dataDir = dataDir;
    this.socketFolder = this.dataDir;
    const note = (word: string) => void this.words.push(word);
    this.log = { debug: note, info: note, warn: note, error: note };
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.dataDir, 'password'), `${this.password}\n`, { mode: 0o600 });
  }

  get cluster(): string {
    return clusterFolder(this.dataDir);
  }

  get url(): string {
    return embeddedUrl(this.socketFolder, this.password);
  }

  open(signal: AbortSignal = new AbortController().signal, url = this.url): Promise<Server> {
    const places = binaryPlaces(process.env, this.dataDir);
    return openEmbedded({ dataDir: this.dataDir, url, places, log: this.log, signal });
  }

  query(text: string): Promise<readonly Row[]> {
    return ask(this.url, text);
  }

  processes(): number[] {
    return clusterProcesses(this.cluster);
  }

  /** With what it has on the disk; nothing of it must run. */
  copy(dataDir?: string): DatabaseHouse {
    const copy = new DatabaseHouse(dataDir);
    cpSync(this.cluster, copy.cluster, { recursive: true });
    return copy;
  }

  async dispose(): Promise<void> {
    await until('nothing runs in the folder', async () => {
      await turn();
      const pids = this.processes();
      for (const pid of pids) signalTo(pid, 'SIGKILL');
      return pids.length === 0;
    });
    removeSegments(join(this.dataDir, '..'));
    rmSync(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

/** Keeps houses until the end of the test. */
export function houses(): (house?: DatabaseHouse) => DatabaseHouse {
  const kept: DatabaseHouse[] = [];
  afterEach(async () => {
    for (const house of kept.splice(0)) await house.dispose();
  });
  return (house = new DatabaseHouse()) => {
    kept.push(house);
    return house;
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}
