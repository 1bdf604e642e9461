/** Our names as they travel: `busyPercent` is `busy_percent` there. Arrays and objects in depth. */
export function snakeCased<T>(value: T): SnakeCased<T> {
  if (Array.isArray(value)) return value.map((one) => snakeCased<unknown>(one)) as SnakeCased<T>;
  if (typeof value !== 'object' || value === null) return value as SnakeCased<T>;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [snakeCase(name), snakeCased<unknown>(one)]),
  ) as SnakeCased<T>;
}

export type SnakeCased<T> = T extends readonly (infer One)[]
  ? readonly SnakeCased<One>[]
  : T extends object
    ? { readonly [Name in keyof T as SnakeCase<Name & string>]: SnakeCased<T[Name]> }
    : T;

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : '';

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
