import type { IncomingMessage } from 'node:http';
import { dialectOf, type IetfDialect, type IetfRules } from '../../protocol/index.js';
import { headerLines } from './header-lines.js';

/** A property of the request, for it costs next to nothing. */
const DIALECT = Symbol('dialect');

type WithDialect = IncomingMessage & { [DIALECT]?: IetfDialect };

/**
 * Tells once how a request on a route speaks, by the method that it is meant to have. Of one of tus only
 * that header is looked at.
 *
 * @param rules absent where the route speaks tus alone
 */
export function recognize(req: IncomingMessage, rules: IetfRules | undefined): void {
  if (!rules) return;
  if (rules.besideTus && req.headers['tus-resumable'] !== undefined) return;
  (req as WithDialect)[DIALECT] = dialectOf(req.method, headerLines(req), rules);
}

/** How a request speaks that was recognized; `undefined`: tus. */
export function ietfDialect(req: IncomingMessage): IetfDialect | undefined {
  return (req as WithDialect)[DIALECT];
}
