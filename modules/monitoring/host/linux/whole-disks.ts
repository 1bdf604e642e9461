/** Which block devices are counted: each request once, on the device that serves it. */
import type { KernelFiles } from './kernel-files.ts';

/** In memory, and the single paths of a disk with several, which is listed itself as well. */
const neverCounted = /^(loop|ram|zram|nvme\d+c\d+n)\d+$/;
/** Where there is no `/sys/block` to ask. */
const partitionOrMapped = /^((sd|hd|vd|xvd)[a-z]+\d+|(nvme\d+n\d+|mmcblk\d+)p\d+|dm-\d+|md\d+.*)$/;

export class WholeDisks {
  readonly #files: KernelFiles;
  #known = new Map<string, boolean>();

  constructor(files: KernelFiles) {
    this.#files = files;
  }

  counts(device: string): boolean {
    const known = this.#known.get(device) ?? this.#isWhole(device);
    this.#known.set(device, known);
    return known;
  }

  /** Devices come, go, and are put together to others. */
  forget(): void {
    this.#known = new Map();
  }

  #isWhole(device: string): boolean {
    if (neverCounted.test(device)) return false;
    const wholeDevices = this.#files.list('/sys/block');
    if (wholeDevices.length === 0) return !partitionOrMapped.test(device);
    // As the kernel writes `cciss/c0d0` there.
    const folder = device.replaceAll('/', '!');
    if (!wholeDevices.includes(folder)) return false;
    return this.#files.list(`/sys/block/${folder}/slaves`).length === 0;
  }
}
