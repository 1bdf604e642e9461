/**
 * What learning mode has seen: how often each stress, and how much of it there was when the host
 * paused, for which thresholds are suggested that would have told of most pauses before they came.
 */
export interface Learned {
  readonly samples: number;
  /** Samples with a stress of 0 to 9, 10 to 19 and so on; 100 is with the last. */
  readonly histogram: readonly number[];
  /** The stress just before each pause, the newest last. */
  readonly atPauses: readonly number[];
}

const classes = 10;
const pausesMax = 1000;

export const nothingLearned: Learned = {
  samples: 0,
  histogram: new Array<number>(classes).fill(0),
  atPauses: [],
};

export function learnSample(learned: Learned, stress: number): Learned {
  const at = Math.min(classes - 1, Math.floor(stress / (100 / classes)));
  const histogram = learned.histogram.map((count, index) => (index === at ? count + 1 : count));
  return { ...learned, samples: learned.samples + 1, histogram };
}

export function learnPause(learned: Learned, stress: number): Learned {
  return { ...learned, atPauses: [...learned.atPauses, stress].slice(-pausesMax) };
}

export interface Suggestion {
  readonly elevationThreshold: number;
  readonly criticalThreshold: number;
}

/**
 * A little below the tenth and the ninetieth percentile of the stress at pauses, and never so low that
 * a calm host would be called stressed. Null before the first pause.
 */
export function suggestThresholds({ atPauses }: Pick<Learned, 'atPauses'>): Suggestion | null {
  if (atPauses.length === 0) return null;
  const sorted = [...atPauses].sort((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return {
    elevationThreshold: Math.max(20, percentile(0.1) - 10),
    criticalThreshold: Math.max(50, percentile(0.9) - 5),
  };
}

/** Of an earlier run; nothing learned where that left nothing, or what nobody can read. */
export function learnedFrom(stored: unknown): Learned {
  const { samples, histogram, atPauses } = (stored ?? {}) as Record<string, unknown>;
  const isRight =
    isCount(samples) && isCounts(histogram) && histogram.length === classes && isCounts(atPauses);
  return isRight ? { samples, histogram, atPauses: atPauses.slice(-pausesMax) } : nothingLearned;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
