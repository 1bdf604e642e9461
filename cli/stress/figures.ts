/** Figures of the host for people; `-` is what the host does not tell. */
import { formatSize } from '../size.ts';

/** `0.4 %`, `12 %` */
export function percent(value: number | null): string {
  if (value === null) return '-';
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `3.2M/s` */
export function rate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '-' : `${formatSize(bytesPerSecond)}/s`;
}
