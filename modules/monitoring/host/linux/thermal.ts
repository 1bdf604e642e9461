/**
 * How hot it is, and whether the processor is held back for it: `/sys/class/thermal` and
 * `/sys/class/hwmon` (docs.kernel.org/driver-api/thermal/sysfs-api.html, …/hwmon/sysfs-interface.html).
 *
 * Trip points are not looked at: those of `x86_pkg_temp` are set by programs that want to be told,
 * and being hot is not being slow. What the kernel does about it is in its cooling devices.
 */
import { figureOf, highest } from './figures.ts';
import type { KernelFiles } from './kernel-files.ts';

const thermal = '/sys/class/thermal';
const hwmon = '/sys/class/hwmon';
/** Processors of AMD have a sensor and no thermal zone. */
const processorSensors = new Set(['coretemp', 'k10temp', 'zenpower', 'cpu_thermal']);
/** Cooling devices that slow the processor down; others are fans, radios, screens. */
const slowsProcessor = /^(Processor|intel_powerclamp|(thermal-)?(cpufreq|idle)-)/;
/** Beyond these a sensor is broken or switched off: firmware reports such. */
const celsiusMin = -40;
const celsiusMax = 200;

export interface ThermalPlaces {
  /** Files with thousandths of a degree. */
  readonly temperatures: readonly string[];
  /** Files with how far it cools: 0 is not at all. */
  readonly coolers: readonly string[];
}

export function findThermalPlaces(files: KernelFiles): ThermalPlaces {
  const all = files.list(thermal);
  const zones = all.filter((name) => name.startsWith('thermal_zone'));
  const coolers = all
    .filter((name) => name.startsWith('cooling_device'))
    .filter((name) => slowsProcessor.test(files.read(`${thermal}/${name}/type`) ?? ''));
  const sensors = files
    .list(hwmon)
    .filter((name) => processorSensors.has(files.read(`${hwmon}/${name}/name`)?.trim() ?? ''))
    .flatMap((name) => files.list(`${hwmon}/${name}`).map((file) => `${hwmon}/${name}/${file}`))
    .filter((path) => /\/temp\d+_input$/.test(path));
  return {
    temperatures: [...zones.map((name) => `${thermal}/${name}/temp`), ...sensors],
    coolers: coolers.map((name) => `${thermal}/${name}/cur_state`),
  };
}

/** Of the hottest. */
export function readCelsius(files: KernelFiles, places: ThermalPlaces): number | null {
  const degrees = places.temperatures.map((path) => {
    const thousandths = figureOf(files.read(path));
    return thousandths === null ? null : thousandths / 1000;
  });
  return highest(degrees.map((celsius) => (isCredible(celsius) ? celsius : null)));
}

function isCredible(celsius: number | null): boolean {
  return celsius !== null && celsius > celsiusMin && celsius < celsiusMax;
}

/** Null where nothing would tell. */
export function readHeldBack(files: KernelFiles, places: ThermalPlaces): boolean | null {
  const state = highest(places.coolers.map((path) => figureOf(files.read(path))));
  return state === null ? null : state > 0;
}
