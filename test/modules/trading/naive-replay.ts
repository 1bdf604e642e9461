import { readFileSync } from 'node:fs';

/**
 * The default replay once more, for comparison, sharing nothing with the module: whole numbers
 * only, averages summed anew at each bar. Money is counted in units of 10^-13.
 */
export function naiveFinalCash(csvFile: string, fast: number, slow: number): bigint {
  const bars = readFileSync(csvFile, 'utf8').trim().split('\n').slice(1);
  const column = (index: number) =>
    bars.map((line) => BigInt((line.split(',')[index] ?? '').replace('.', '')));
  const [opens, closes] = [column(1), column(4)];
  const sum = (end: number, count: number) =>
    closes.slice(end - count + 1, end + 1).reduce((total, close) => total + close, 0n);

  let cash = 10_000n * 10n ** 13n;
  let units = 0n; // in 10^-4
  let side = 0;
  let order = 0;
  for (const [index, open] of opens.entries()) {
    // price 10^-6 × quantity 10^-4 × 10^-3: a unit with its fee of 0.1 % costs price × 1001.
    if (order > 0) {
      units = cash / (open * 1001n);
      cash -= units * open * 1001n;
    } else if (order < 0) {
      cash += units * open * 999n;
      units = 0n;
    }
    order = 0;
    if (index + 1 < slow) continue;
    const difference = sum(index, fast) * BigInt(slow) - sum(index, slow) * BigInt(fast);
    const now = difference > 0n ? 1 : difference < 0n ? -1 : side;
    if (side !== 0 && now !== side && (now > 0 || units > 0n)) order = now;
    side = now;
  }
  return cash;
}
