/** `collector.query` and `collector.coverage`: params checked, then answered. */
import { z } from 'zod';
import type { Database } from '../../api/database.ts';
import { RpcError } from '../../api/module.ts';
import { answerCoverage } from './coverage-answer.ts';
import { dayMs } from './days.ts';
import { type Page, readPage } from './query.ts';

const time = z.iso.datetime({ offset: true });

const queryParams = z.strictObject({
  kind: z.enum(['trades', 'prices', 'books']),
  from: time,
  to: time,
  token: z.string().max(128).optional(),
  after: z.string().max(250).optional(),
  limit: z.number().int().min(1).max(10_000).optional(),
});

const coverageParams = z.strictObject({ since: time.optional() });

const defaultLimit = 1000;
const defaultSinceMs = dayMs;
/** The ledger is kept for somewhat longer. */
const sinceMsMax = 400 * dayMs;

/** Throws `invalidParams`, also for an `after` that no page has given. */
export async function answerQuery(database: Database, given: unknown): Promise<Page> {
  const { kind, from, to, token, after, limit } = checked(queryParams, given);
  const page = await readPage(database, {
    kind,
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    tokenId: token ?? null,
    after: after ?? null,
    limit: limit ?? defaultLimit,
  });
  if (page === null) throw invalid('"after" is not the "next" of a page');
  return page;
}

/** Throws `invalidParams`. */
export async function answerCoverageCall(database: Database, given: unknown, nowMs: number) {
  const { since } = checked(coverageParams, given ?? {});
  const fromMs = since === undefined ? nowMs - defaultSinceMs : Date.parse(since);
  if (fromMs >= nowMs) throw invalid('"since" is not in the past');
  if (fromMs < nowMs - sinceMsMax) throw invalid('"since" is more than 400 days ago');
  return answerCoverage(database, { fromMs, toMs: nowMs });
}

function checked<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'params'}: ${message}`,
  );
  throw invalid(problems.join('; '));
}

function invalid(problem: string): RpcError {
  return new RpcError('invalidParams', `invalid params: ${problem}`);
}
