/** Programs that somebody suspects of stalling hosts are always listed. Pure. */

/** The kernel keeps so many characters of a name (TASK_COMM_LEN less its end). */
const nameLengthMax = 15;

/**
 * @param patterns parts of names, in any case of letters; of one longer than the kernel keeps names, its
 * beginning is looked for
 */
export function suspicionOf(patterns: readonly string[]): (name: string) => boolean {
  const parts = patterns
    .map((pattern) => pattern.trim().toLowerCase().slice(0, nameLengthMax))
    .filter((part) => part !== '');
  return (name) => {
    const lower = name.toLowerCase();
    return parts.some((part) => lower.includes(part));
  };
}
