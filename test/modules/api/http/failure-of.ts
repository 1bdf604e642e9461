import { expect } from 'chai';
import { HttpError } from '../../../../modules/api/http.ts';

/** The HttpError that it rejects with; anything else fails the test. */
export async function failureOf(request: Promise<unknown>): Promise<HttpError> {
  const outcome = await request.then(
    (value) => value,
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(HttpError);
  return outcome as HttpError;
}
