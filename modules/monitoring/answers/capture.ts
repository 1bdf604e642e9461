import type { ReadCapture } from '../forensics/folders.ts';

export function captureOnWire({ path, trigger, isComplete, files }: ReadCapture) {
  return { path, trigger, is_complete: isComplete, files };
}
