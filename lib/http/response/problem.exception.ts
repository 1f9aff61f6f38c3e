import { problemJson, PROBLEM_JSON, type Problem } from '../../protocol/index.js';
import type { Answer } from './answer.js';
import { TusException } from './tus.exception.js';

/** The same for a client of the IETF's protocol, which gets problem details (RFC 9457). */
export class ProblemException extends TusException {
  constructor(
    { status, message, headers }: { status: number; message: string; headers?: Headers },
    readonly problem: Problem | undefined,
    cause: unknown,
  ) {
    super(status, message, headers, { cause });
  }

  override toAnswer(): Answer & { readonly body: string } {
    const status = this.getStatus();
    const headers = { ...this.headers, 'Content-Type': PROBLEM_JSON };
    return { status, headers, body: problemJson(status, this.message, this.problem) };
  }
}

type Headers = Readonly<Record<string, string>>;
