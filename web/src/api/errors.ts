import type { Problem } from './types';
import { words } from '../i18n';

/** A `Problem`, or what we say ourselves where no server has told one. */
type Failure = Pick<Problem, 'title' | 'status'> & {
  [Text in 'detail' | 'hint']: Problem[Text] | null;
};

/** What a failed call tells a person: what failed, more exactly, and what to do next. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: string | null;
  readonly hint: string | null;

  constructor(problem: Failure) {
    super(problem.title);
    this.name = 'ApiError';
    this.status = problem.status;
    this.detail = problem.detail;
    this.hint = problem.hint;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string';
}

/** Reads the problem+json of an answer; an answer without one still gets words. */
export async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body: unknown = await response.json();
    if (isProblem(body)) {
      return new ApiError({
        title: body.title,
        status: response.status,
        detail: body.detail ?? null,
        hint: body.hint ?? null,
      });
    }
  } catch {
    // No JSON: a proxy answered, or the server stopped in the middle.
  }
  return new ApiError({
    title: words.errors.unexpectedAnswer(response.status),
    status: response.status,
    detail: null,
    hint: words.errors.tryAgainHint,
  });
}

/** Any failure as an `ApiError`; a request that got no answer has status 0. */
export function toApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  return new ApiError({
    title: words.errors.unreachable,
    status: 0,
    detail: null,
    hint: words.errors.unreachableHint,
  });
}

export function isAbort(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === 'AbortError';
}
