import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LOGGER_CONTEXT } from '../../tus.constants.js';
import { hidesBody } from '../request/hidden-body.js';

/** What uploads depend on: clients take any good answer for that of their upload. */
const METHODS: readonly (string | undefined)[] = ['POST', 'HEAD', 'PATCH'];

/**
 * Notices requests for our routes that something else answered with success: static files,
 * middleware, or a route that Nest does not know.
 */
export class ForeignAnswers {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly told = new Set<string | undefined>();

  /** To be called as the head of an answer is sent; logs the first for each method. */
  notice(req: IncomingMessage, res: ServerResponse): void {
    // A route of ours would have shown the body.
    if (!hidesBody(req)) return;
    const { method } = req;
    if (res.statusCode >= 300 || !METHODS.includes(method) || this.told.has(method)) return;
    this.told.add(method);
    this.logger.warn(answeredElsewhere(`${method} ${pathOf(req)}`, res.statusCode));
  }
}

/** A query may hold what is not for logs. */
function pathOf(req: IncomingMessage & { readonly originalUrl?: string }): string {
  const [path = ''] = (req.originalUrl ?? req.url ?? '').split('?', 1);
  return path;
}

/** What was sent to an upload was answered as if it had been something else. */
function answeredElsewhere(request: string, status: number): string {
  return (
    `${request} was answered ${status} before it reached the routes of uploads, by static files, ` +
    `middleware or a route of the HTTP platform that comes first: tus clients take that for the ` +
    `answer of their upload. Leave the upload path out there.`
  );
}
