/** What runs in each thread: a task's own file is imported here, so that its failures can be told apart. */

export interface Task {
  readonly url: string;
  readonly data: unknown;
}

export type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'not_loaded'; readonly error: unknown };

export default async function run({ url, data }: Task): Promise<Outcome> {
  let task: unknown;
  try {
    ({ default: task } = (await import(url)) as { default?: unknown });
    if (typeof task !== 'function') throw new Error('its default export is not a function');
  } catch (error) {
    return { kind: 'not_loaded', error };
  }
  try {
    return { kind: 'done', value: await (task as (data: unknown) => unknown)(data) };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
