import { Big } from 'big.js';

/** As most of them come: nothing to do. */
const canonical = /^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d*[1-9])$/;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$/;

/** No price, size or volume needs more, and a longer text is none. */
const lengthMax = 80;

/**
 * A decimal in the one form in which equal numbers are equal texts: "0.50", ".5" and 0.5 are all
 * "0.5", and no exponent is left. The venue writes one and the same amount as text here and as a
 * JSON number there. Null for whatever is not a decimal.
 */
export function decimalOf(value: unknown): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = String(value).trim();
  if (text.length > lengthMax || !decimal.test(text)) return null;
  if (canonical.test(text)) return text;
  // big.js takes neither "+1" nor "5.", and has a zero below zero.
  const exact = new Big(text.replace(/^\+/, '').replace(/\.(?!\d)/, '')).toFixed();
  if (exact.length > lengthMax) return null;
  return exact === '-0' ? '0' : exact;
}

/** A decimal from 0 to 1, which is what a share of an outcome can cost. */
export function priceOf(value: unknown): string | null {
  const text = decimalOf(value);
  return text !== null && Number(text) >= 0 && Number(text) <= 1 ? text : null;
}

/** A decimal that is not below zero. */
export function amountOf(value: unknown): string | null {
  const text = decimalOf(value);
  return text?.startsWith('-') === false ? text : null;
}
