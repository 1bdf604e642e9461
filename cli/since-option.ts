import { InvalidArgumentError, Option } from 'commander';
import { parseSince } from './time.ts';

/** `--since`, whose value is ISO-8601 UTC. */
export function sinceOption(): Option {
  const help = 'from a date, or a time back from now: 30s, 10m, 2h, 1d';
  return new Option('--since <time>', help).argParser((text) => {
    const since = parseSince(text, Date.now());
    if (since !== null) return since;
    const expected = 'expected a date such as 2026-01-31T09:00, or 30s, 10m, 2h, 1d.';
    throw new InvalidArgumentError(expected);
  });
}
