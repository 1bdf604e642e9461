/** How much the host is stressed: what `stress/score.ts` makes of a sample. */

/** 0 to 100 in all; each part has a cap of its own, told in `stress/score.ts`. */
export interface Stress {
  readonly total: number;
  readonly parts: Readonly<Record<StressPart, number>>;
  /** One sentence for each part above 0, the heaviest first: `load 16.0 on 8 cores: 20 of 40`. */
  readonly reasons: readonly string[];
}

/** The first five are those of the seed's formula; the last two say what those do not see. */
export const stressParts = [
  'load',
  'memory',
  'thermal',
  'latency',
  'io',
  'pressure',
  'steal',
] as const;
export type StressPart = (typeof stressParts)[number];

export const calm: Stress = {
  total: 0,
  parts: { load: 0, memory: 0, thermal: 0, latency: 0, io: 0, pressure: 0, steal: 0 },
  reasons: [],
};

export type StressLevel = 'normal' | 'elevated' | 'critical';
