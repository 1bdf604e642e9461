import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { HttpFailure } from '../../../../modules/api/http/error.ts';
import { redirect } from '../../../../modules/api/http/redirect.ts';
import { HttpResponse } from '../../../../modules/api/http/response.ts';
import { retryAfterMs } from '../../../../modules/api/http/retry-after.ts';
import {
  defaultRetry,
  isIdempotent,
  isRetryable,
  nextStep,
  retryDelayMs,
} from '../../../../modules/api/http/retry.ts';

const seed = 20261122;

const statusFailure = (status: number, retryAfter: number | null = null): HttpFailure => ({
  kind: 'status',
  retryAfterMs: retryAfter,
  response: new HttpResponse({
    status,
    headers: new Map(),
    url: '',
    attempts: 1,
    body: Buffer.of(),
  }),
});
const dead: HttpFailure = { kind: 'network', code: 'ECONNRESET', wasReused: true };

describe('when an HTTP request is tried again', () => {
  it(`waits for anything up to a limit that doubles, and that has a limit (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failed, random) => {
          const delayMs = retryDelayMs(defaultRetry, failed, null, random);
          expect(delayMs)
            .to.be.at.least(0)
            .and.at.most(Math.min(10_000, 1000 * 2 ** (failed - 1)));
        },
      ),
      { seed },
    );
    const most = [1, 2, 3, 4, 5, 6].map((failed) => retryDelayMs(defaultRetry, failed, null, 1));
    expect(most).to.deep.equal([1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(retryDelayMs(defaultRetry, 3, null, 0)).to.equal(0);
  });

  it(`never comes before Retry-After, and not all at once after it (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.nat(100_000_000),
        fc.nat(10),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (asked, failed, random) => {
          const delayMs = retryDelayMs(defaultRetry, failed, asked, random);
          expect(delayMs)
            .to.be.at.least(asked)
            .and.at.most(asked + 1000);
        },
      ),
      { seed },
    );
  });

  it('knows which methods may be repeated, unless it is told', () => {
    const may = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'POST', 'PATCH', 'get'].map((method) =>
      isIdempotent(method, undefined),
    );
    expect(may).to.deep.equal([true, true, true, true, true, false, false, false]);
    expect([isIdempotent('POST', true), isIdempotent('PUT', false)]).to.deep.equal([true, false]);
  });

  it('tries again what may pass: no connection, a broken one, silence, and busy servers', () => {
    const passing: HttpFailure[] = [
      { kind: 'connect', code: 'ECONNREFUSED' },
      dead,
      { kind: 'timeout', limit: 'connect', limitMs: 1 },
      { kind: 'timeout', limit: 'stall', limitMs: 1 },
      ...[408, 425, 429, 500, 502, 503, 504].map((status) => statusFailure(status)),
    ];
    const lasting: HttpFailure[] = [
      { kind: 'invalid' },
      { kind: 'cancelled' },
      { kind: 'closed' },
      { kind: 'redirect', status: 302 },
      { kind: 'pool_exhausted', max: 1, waitedMs: 1, holders: [] },
      { kind: 'held', status: 418, retryAfterMs: 1 },
      { kind: 'body_too_large', bytesMax: 1 },
      { kind: 'bad_encoding', encoding: 'x' },
      { kind: 'timeout', limit: 'total', limitMs: 1 },
      ...[400, 401, 403, 404, 405, 409, 418, 422, 451, 501, 505].map((status) =>
        statusFailure(status),
      ),
    ];
    for (const failure of passing) expect(isRetryable(failure), failure.kind).to.equal(true);
    for (const failure of lasting) expect(isRetryable(failure), failure.kind).to.equal(false);
  });

  const known = { attempts: 1, mayRepeat: true, deadSocketRetried: false, leftMs: 60_000 };
  const steps = [
    ['again after a while', known, statusFailure(503), { kind: 'retry', delayMs: 500 }],
    [
      'longer after the second',
      { ...known, attempts: 2 },
      statusFailure(503),
      { kind: 'retry', delayMs: 1000 },
    ],
    [
      'no more after the third',
      { ...known, attempts: 3 },
      statusFailure(503),
      { kind: 'give_up', because: 'tried 3 times' },
    ],
    [
      'not what may not be repeated',
      { ...known, mayRepeat: false },
      dead,
      { kind: 'give_up', because: null },
    ],
    ['not what would not pass', known, statusFailure(404), { kind: 'give_up', because: null }],
    ['at once on a dead connection', known, dead, { kind: 'retry', delayMs: 0 }],
    [
      'after a while on a connection that was new',
      known,
      { ...dead, wasReused: false },
      { kind: 'retry', delayMs: 500 },
    ],
    ['at once even as the last', { ...known, attempts: 3 }, dead, { kind: 'retry', delayMs: 0 }],
    [
      'at once only the first time',
      { ...known, deadSocketRetried: true },
      dead,
      { kind: 'retry', delayMs: 500 },
    ],
    [
      'not beyond the deadline',
      { ...known, leftMs: 400 },
      statusFailure(503),
      { kind: 'give_up', because: 'no time is left for another attempt' },
    ],
    ['when it was told to', known, statusFailure(429, 7000), { kind: 'retry', delayMs: 7500 }],
    [
      'not when it was told a time that nobody has',
      known,
      statusFailure(429, 90_000),
      { kind: 'give_up', because: 'it asks to wait for 90.0 s, and only 60.0 s are left' },
    ],
  ] as const;
  for (const [what, facts, failure, step] of steps)
    it(`tries ${what}`, () => {
      expect(nextStep(defaultRetry, { ...facts, failure }, 0.5)).to.deep.equal(step);
    });

  const nowMs = Date.parse('2026-11-22T12:00:00Z');
  const headers = [
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['99999999999999999999', 259_200_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
    ['Sun Nov 22 12:00:30 2026', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Sun, 22 Nov 2099 12:00:00 GMT', 259_200_000],
    [undefined, null],
    ['', null],
    ['soon', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['0x10', null],
    ['2026', 2_026_000],
    ['10, 20', null],
    ['Sun, 99 Nov 2026 12:00:30 GMT', null],
  ] as const;
  for (const [header, ms] of headers)
    it(`reads Retry-After: ${header ?? '(none)'} as ${ms ?? 'nothing'}`, () => {
      expect(retryAfterMs(header, nowMs)).to.equal(ms);
    });

  it(`reads whatever else somebody sends without an error (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = retryAfterMs(header, nowMs);
        if (ms !== null) expect(ms).to.be.at.least(0).and.at.most(259_200_000);
      }),
      { seed },
    );
  });
});

describe('where an HTTP redirect may lead', () => {
  const from = {
    method: 'GET',
    url: new URL('https://a.example/x?y=1'),
    body: null,
    headers: {
      authorization: 's',
      cookie: 's',
      'x-mbx-apikey': 's',
      accept: 'a',
      'user-agent': 'u',
    },
  };
  const carried = (location: string) => {
    const answer = redirect(from, 302, location);
    return answer.kind === 'follow'
      ? { to: answer.hop.url.href, names: Object.keys(answer.hop.headers) }
      : answer;
  };

  it('carries everything within an origin, and elsewhere nothing that could be a secret', () => {
    const all = Object.keys(from.headers);
    expect(carried('/z')).to.deep.equal({ to: 'https://a.example/z', names: all });
    expect(carried('https://a.example:443/z')).to.deep.equal({
      to: 'https://a.example/z',
      names: all,
    });
    for (const other of [
      'https://b.example/',
      'https://sub.a.example/',
      'https://a.example:444/',
      '//b.example/',
    ])
      expect(carried(other)).to.have.property('names').that.deep.equals(['accept', 'user-agent']);
  });

  it('refuses what is no address, what is less safe, and to send anything elsewhere', () => {
    for (const [location, why] of [
      ['http://a.example/', /from https to http/],
      ['https://[', /not a URL/],
      ['file:///etc/passwd', /not a URL of HTTP/],
      ['javascript:1', /not a URL of HTTP/],
      ['https://u:p@a.example/', /names a user/],
    ] as const)
      expect(carried(location)).to.have.property('because').that.match(why);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect(redirect({ ...from, method }, 307, '/z')).to.include({ kind: 'refuse' });
  });

  it('takes no other status and no answer without an address for one', () => {
    expect(redirect(from, 304, '/z').kind).to.equal('none');
    expect(redirect(from, 300, '/z').kind).to.equal('none');
    expect(redirect(from, 302, undefined).kind).to.equal('none');
  });
});
