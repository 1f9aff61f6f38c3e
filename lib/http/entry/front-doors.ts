import { Injectable } from '@nestjs/common';
import { IetfRequests } from '../ietf/ietf-requests.js';
import { ietfDialect } from '../request/dialect.js';
import type { Exchange } from '../request/exchange.js';
import type { Outcome } from '../response/outcome.js';
import type { Verb } from '../serving/front-door.interface.js';
import { TusRequests } from '../tus/tus-requests.js';

const VERBS: Readonly<Partial<Record<string, Verb>>> = {
  OPTIONS: 'discover',
  POST: 'create',
  HEAD: 'status',
  PATCH: 'append',
  DELETE: 'terminate',
  GET: 'download',
};

/** The doors of one instance: each request goes through that of the protocol it speaks. */
@Injectable()
export class FrontDoors {
  constructor(
    private readonly tus: TusRequests,
    private readonly ietf: IetfRequests,
  ) {}

  /** Does what a request asks for: by its method, unless something else is known. */
  serve(exchange: Exchange, verb: Verb = verbOf(exchange)): Promise<Outcome> {
    const door = ietfDialect(exchange.req) ? this.ietf : this.tus;
    return door[verb](exchange);
  }
}

function verbOf({ req: { method = '' } }: Exchange): Verb {
  return VERBS[method] ?? 'refuse';
}
