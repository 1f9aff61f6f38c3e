import { asError, codeOf } from '../errors/index.js';
import { NoAnswerInTimeError } from './question.js';

/**
 * What an error is called by the system, the database or the store that it comes from. Its message may
 * name paths and hosts, and is not for those who ask for health.
 */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof NoAnswerInTimeError) return `no answer within ${thrown.milliseconds} ms`;
  const code = codeOf(thrown);
  if (typeof code === 'string') return code;
  const { cause, name } = asError(thrown);
  return cause === undefined ? name : reasonOf(cause);
}
