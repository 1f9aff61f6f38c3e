import type { Exchange } from '../request/exchange.js';
import type { Outcome } from '../response/outcome.js';

/** What requests of one protocol ask for, a method a verb. */
export interface FrontDoor {
  /** OPTIONS. */
  discover(exchange: Exchange): Promise<Outcome>;
  /** POST, or what else creates uploads. */
  create(exchange: Exchange): Promise<Outcome>;
  /** HEAD. */
  status(exchange: Exchange): Promise<Outcome>;
  /** PATCH. */
  append(exchange: Exchange): Promise<Outcome>;
  /** DELETE. */
  terminate(exchange: Exchange): Promise<Outcome>;
  /** GET. */
  download(exchange: Exchange): Promise<Outcome>;
  /** Any other method. */
  refuse(exchange: Exchange): Promise<Outcome>;
}

/** What a request asks for. */
export type Verb = keyof FrontDoor;
