import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { findProgram } from '../../../../daemon/supervisor/launch/find-program.ts';
import { LaunchError } from '../../../../daemon/supervisor/launch/launcher.ts';

describe('the search for a program', () => {
  let root: string;

  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'superbot-path-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  function place(folder: string, mode = 0o755): string {
    mkdirSync(join(root, folder), { recursive: true });
    const path = join(root, folder, 'bot');
    writeFileSync(path, '#!/bin/sh\n', { mode });
    return path;
  }

  it('takes the first folder of PATH where it can be executed', () => {
    place('a', 0o644);
    const second = place('b');
    place('c');
    const path = ['none', 'a', 'b', 'c'].map((folder) => join(root, folder)).join(':');
    expect(findProgram(['bot'], path)).to.equal(second);
  });

  it('looks anew in the next turn: one that was put first in PATH is found, one that is gone is not', async () => {
    const path = `${join(root, 'a')}:${join(root, 'b')}`;
    const later = place('b');
    expect(findProgram(['bot'], path)).to.equal(later);
    await turn();
    const first = place('a');
    expect(findProgram(['bot'], path)).to.equal(first);
    await turn();
    for (const program of [first, later]) rmSync(program);
    expect(() => findProgram(['bot'], path)).to.throw(LaunchError, 'there is no program "bot"');
  });

  it('keeps the paths of PATH apart', () => {
    const [one, other] = [place('a'), place('b')];
    expect(findProgram(['bot'], join(root, 'a'))).to.equal(one);
    expect(findProgram(['bot'], join(root, 'b'))).to.equal(other);
  });
});
