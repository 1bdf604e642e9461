import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  durationInWords,
  occurrenceInWords,
  transitionInWords,
} from '../../../daemon/journal/wording.ts';
import type { ExitReport } from '../../../daemon/keeper/protocol.ts';
import type { Transition } from '../../../daemon/supervisor/context.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import { moduleStatus } from '../../cli/statuses.ts';

const nowMs = Date.parse('2026-11-22T03:00:00.000Z');

type Change = Partial<Omit<Transition, 'status'>> & { status?: Partial<ModuleStatus> };

function transition({ status, ...change }: Change): Transition {
  const standard = { module: 'trading', event: 'ready', from: 'starting', to: 'running' } as const;
  const whole = moduleStatus({ state: change.to ?? standard.to, pid: null, ...status });
  return { ...standard, cause: null, maxRestarts: 5, ...change, status: whole };
}

function exit(change: Partial<ExitReport>): ExitReport {
  const at = '2026-11-22T03:00:00.000Z';
  const uptimeMs = 192_000;
  return { code: null, signal: null, reason: null, at, uptimeMs, output: [], seq: 0, ...change };
}

describe('the words for a change of state', () => {
  const dependency = { by: 'dependency', module: 'db' } as const;
  const launch = { event: 'launch', from: 'stopped', to: 'starting' } as const;
  const end = { event: 'end', from: 'running', to: 'stopping' } as const;
  const gone = { event: 'gone', from: 'stopping', to: 'stopped' } as const;
  const backOff = { event: 'back_off', from: 'running', to: 'restarting' } as const;
  const giveUp = { event: 'give_up', from: 'starting', to: 'failed' } as const;
  const soon = '2026-11-22T03:00:02.000Z';
  const rows: [kind: string, text: string, change: Change][] = [
    ['state', 'running, pid 41', { status: { pid: 41 } }],
    ['state', 'starting', { ...launch, cause: { by: 'operator', method: 'module.start' } }],
    ['state', 'starting: autostart', { ...launch, cause: { by: 'autostart' } }],
    ['state', 'starting: api needs it', { ...launch, cause: { by: 'dependant', module: 'api' } }],
    ['state', 'starting: because of db, which it depends on', { ...launch, cause: dependency }],
    ['state', 'starting: retry_failed tries again', { ...launch, cause: { by: 'retry_failed' } }],
    [
      'state',
      'starting: restart 2 of 5',
      { ...launch, cause: { by: 'restart_policy' }, status: { restart_count: 2 } },
    ],
    ['state', 'stopping: the daemon stops', { ...end, cause: { by: 'shutdown' } }],
    [
      'state',
      'stopping: it did not get ready in time',
      { ...end, cause: { by: 'daemon' }, status: { reason: 'start_timeout' } },
    ],
    ['state', 'stopped (operator)', { ...gone, status: { reason: 'operator' } }],
    ['state', 'stopped: it did its work', { ...gone, status: { reason: 'finished' } }],
    ['state', 'stopped', { ...gone, status: { reason: null } }],
    [
      'restart',
      'starts again in 2 s (restart 3 of 5)',
      { ...backOff, status: { restart_count: 2, next_restart_at: soon } },
    ],
    [
      'restart',
      'no keeper to launch it: starts again in 2 s, which does not count',
      { ...backOff, status: { reason: 'no_keeper', next_restart_at: soon } },
    ],
    [
      'state',
      `failed: it has used up its restarts; retry_failed tries again at ${soon}`,
      { ...giveUp, status: { reason: 'restart_limit', next_restart_at: soon } },
    ],
    [
      'state',
      'cannot be launched: no such file',
      { event: 'import_failure', to: 'import_failed', status: { reason: 'no such file' } },
    ],
    [
      'adopted',
      'a new daemon has taken it over, pid 41, up 1 min 5 s',
      { event: 'adopt', to: 'starting', status: { pid: 41, uptime: 65 } },
    ],
  ];
  for (const [kind, text, change] of rows) {
    it(`are "${text}"`, () => {
      expect(transitionInWords(transition(change), nowMs)).to.include({ kind, text });
    });
  }

  it('come with all that must be known when nothing but the journal is left', () => {
    const cause = { by: 'autostart' } as const;
    const { data } = transitionInWords(transition({ ...launch, cause }), nowMs);
    const known = ['state', 'reason', 'wanted', 'pid', 'restart_count', 'next_restart_at'];
    const more = ['event', 'from', 'cause', 'last_exit', 'last_error', 'depends_on'];
    expect(data).to.have.all.keys(...known, ...more);
    expect(data).to.deep.include({ state: 'starting', cause });
  });
});

describe('the words for an exit', () => {
  const rows: [text: string, report: Partial<ExitReport>, asked: boolean][] = [
    ['ended by SIGKILL after 3 min 12 s', { signal: 'SIGKILL' }, false],
    ['exit code 7 after 3 min 12 s', { code: 7 }, false],
    ['exit code 0 after 3 min 12 s, as it was asked to end', { code: 0 }, true],
    [
      'ended after 3 min 12 s while no keeper ran, so how is not known',
      { reason: 'custody_lost' },
      false,
    ],
  ];
  for (const [text, report, asked] of rows) {
    it(`are "${text}"`, () => {
      const words = occurrenceInWords({ kind: 'exit', exit: exit(report), asked });
      expect(words).to.include({ kind: 'exit', text });
    });
  }

  it('come with the last lines, each cut to a bearable length', () => {
    const output = ['short', 'x'.repeat(100_000)];
    const words = occurrenceInWords({
      kind: 'exit',
      exit: exit({ code: 1, output }),
      asked: false,
    });
    expect(words.data['output']).to.deep.equal(['short', 'x'.repeat(500)]);
    expect(words.data).to.include({ code: 1, uptime: 192, asked: false });
  });

  it('say of a restart that has to wait why, and how long', () => {
    expect(occurrenceInWords({ kind: 'held', waitMs: 119_999.6 })).to.deep.equal({
      kind: 'restart',
      text: 'too many restarts of all modules at once: it waits 2 min 0 s more',
      data: { held_ms: 120_000 },
    });
  });
});

describe('the words for health', () => {
  it('say what it is now, and why where it is not well', () => {
    expect(occurrenceInWords({ kind: 'health', health: 'healthy', why: null })).to.deep.equal({
      kind: 'health',
      text: 'healthy',
      data: { health: 'healthy', why: null },
    });
    const why = 'its event loop hangs: no answer in time';
    expect(occurrenceInWords({ kind: 'health', health: 'unhealthy', why }).text).to.equal(
      `unhealthy: ${why}`,
    );
  });
});

describe('the words for a wish', () => {
  it('name who asked, for what, and why', () => {
    const operator = { by: 'operator', method: 'module.start' } as const;
    const up = occurrenceInWords({
      kind: 'asked',
      wish: { kind: 'up', params: null },
      cause: operator,
    });
    expect(up).to.include({ kind: 'asked', text: 'the operator, by module.start: start' });
    const wish = { kind: 'halt', why: 'daily loss limit' } as const;
    const cause = { by: 'module', method: 'link.halt' } as const;
    expect(occurrenceInWords({ kind: 'asked', wish, cause }).text).to.equal(
      'the module itself, by link.halt: halt, because: daily loss limit',
    );
    const schedule = { by: 'schedule', job: 'nightly' } as const;
    const down = { kind: 'down', until: null } as const;
    expect(occurrenceInWords({ kind: 'asked', wish: down, cause: schedule }).text).to.equal(
      'the schedule, job nightly: stop',
    );
    const forNow = { kind: 'down', until: 'schedule' } as const;
    expect(occurrenceInWords({ kind: 'asked', wish: forNow, cause: operator }).text).to.equal(
      'the operator, by module.start: stop until the schedule starts it',
    );
    const hours = { kind: 'hours_begin' } as const;
    expect(occurrenceInWords({ kind: 'asked', wish: hours, cause: schedule }).text).to.equal(
      'the schedule, job nightly: its hours begin',
    );
  });
});

describe('a length of time in words', () => {
  const rows: [ms: number, words: string][] = [
    [-5, '0 ms'],
    [2.4, '2 ms'],
    [999.6, '1 s'],
    [1540, '1.5 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_700, '1 min 0 s'],
    [192_000, '3 min 12 s'],
    [18_120_000, '5 h 2 min'],
    [273_600_000, '3 d 4 h'],
  ];
  for (const [ms, words] of rows) {
    it(`of ${ms} ms is ${words}`, () => expect(durationInWords(ms)).to.equal(words));
  }
});
