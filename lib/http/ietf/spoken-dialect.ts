import { ProblemError, type IetfDialect } from '../../protocol/index.js';
import { ietfDialect } from '../request/dialect.js';
import type { Exchange } from '../request/exchange.js';

/**
 * How a request speaks.
 *
 * @throws ProblemError 412 for a client of tus, where that is not spoken
 */
export function spokenDialect({ req }: Exchange): IetfDialect {
  const dialect = ietfDialect(req);
  if (dialect && dialect.intent !== 'tus') return dialect;
  throw new ProblemError(412, 'Tus-Resumable asks for tus, which is not spoken here.');
}
