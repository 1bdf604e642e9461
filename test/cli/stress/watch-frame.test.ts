import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Paint } from '../../../cli/color.ts';
import { displayWidth } from '../../../cli/display.ts';
import { drawFrame } from '../../../cli/stress/watch/frame.ts';
import { keysOf } from '../../../cli/stress/watch/keys.ts';
import { type Picture, withMoment } from '../../../cli/stress/watch/picture.ts';
import {
  atMs,
  hostProcess,
  pauseEvent,
  stressSample,
  stressStatus,
  thresholds,
} from './samples.ts';

const plain: Paint = (_style, text) => text;

function picture(change: Partial<Picture> = {}): Picture {
  const status = stressStatus(42);
  const events = Array.from({ length: 30 }, () => pauseEvent());
  return { view: 'now', status, events, recent: [], history: null, problem: null, ...change };
}

const history = {
  span: { fromMs: atMs - 86_400_000, toMs: atMs, zone: 'UTC' },
  points: 100,
  thresholds,
  rows: [],
  events: [],
};

describe('the watch screen', () => {
  for (const view of ['now', 'events', 'history'] as const) {
    it(`fills any terminal exactly with its view "${view}", the keys in the last line`, () => {
      for (const columns of [60, 80, 113, 240]) {
        for (const rows of [4, 12, 24, 25, 61]) {
          const lines = drawFrame(picture({ view, history }), { columns, rows }, atMs, plain);
          expect(lines, `${columns} × ${rows}`).to.have.length(rows);
          expect(lines.at(-1)).to.match(/^q quit/);
          const widest = Math.max(...lines.map((line) => displayWidth(line)));
          expect(widest, lines.join('\n')).to.be.at.most(columns);
        }
      }
    });
  }

  it('shows the parts of the stress with the reason of each, in their usual order', () => {
    const stress = {
      total: 37,
      parts: { load: 5, memory: 0, thermal: 20, latency: 0, io: 12, pressure: 0, steal: 0 },
      reasons: ['the processor is hot', 'disks at 348 MB/s', 'load 10.0 on 8 cores'],
    };
    const status = stressStatus(37, { last_sample: stressSample(37, { stress }) });
    const lines = drawFrame(picture({ status }), { columns: 100, rows: 40 }, atMs, plain);
    expect(lines.slice(4, 11).map((line) => line.replaceAll(/[ ■]+/g, ' '))).to.deep.equal([
      'load 5 load 10.0 on 8 cores',
      'memory 0',
      'thermal 20 the processor is hot',
      'latency 0',
      'io 12 disks at 348 MB/s',
      'pressure 0',
      'steal 0',
    ]);
  });

  it('lets no process move the cursor', () => {
    const processes = [hostProcess({ name: 'evil\u001b[2J\n' })];
    const status = stressStatus(42, { last_sample: stressSample(42, { processes }) });
    const text = drawFrame(
      picture({ status, problem: '\u001b[2J' }),
      { columns: 100, rows: 40 },
      atMs,
      plain,
    ).join('');
    expect(text).to.include('evil\\x1b[2J\\n').and.not.include('\u001b');
  });

  it('keeps ten minutes of samples, each once', () => {
    let recent: Picture['recent'] = [];
    for (let second = 0; second <= 1200; second += 10) {
      const sample = stressSample(1, { at: new Date(atMs + second * 1000).toISOString() });
      const status = stressStatus(1, { last_sample: sample });
      recent = withMoment(withMoment(recent, status), status);
    }
    expect(recent).to.have.length(61);
    expect(recent[0]?.at).to.equal(new Date(atMs + 600_000).toISOString());
  });

  it('takes keys one by one, and neither arrows nor what is pasted in an escape for keys', () => {
    expect(keysOf('qRe\u0003')).to.deep.equal(['quit', 'refresh', 'events', 'interrupt']);
    expect(keysOf('\u001b[A\u001b[1;5D\u001bOPx\u001bq\u001b[15~')).to.deep.equal([]);
    expect(keysOf('\u001b[AH')).to.deep.equal(['history']);
  });
});
