/**
 * Prices are whole numbers of 0.0001 (0.0025 is the finest tick), sizes of 0.01 shares: in floats a
 * sum of fills would not be what the ledger says.
 */
export const unitsPerDollar = 10_000;
export const centsPerShare = 100;

/** 5200 → "0.52", as the venue writes prices. */
export const priceText = (units: number): string => String(units / unitsPerDollar);

/** 19230 → "192.3". */
export const sizeText = (cents: number): string => String(cents / centsPerShare);

/** The price of the other outcome of the same market. */
export const otherUnits = (units: number): number => unitsPerDollar - units;
