import { ASYNCHRONOUS } from '../../postgres/index.js';

/** What a statement says so that its transaction does not wait until it is on disk. */
interface Commit {
  /** At the end of one that writes. */
  readonly returning: string;
  /** Among what one selects that writes. */
  readonly selected: string;
}

/** The tables of one schema, as statements name them. */
export class Tables {
  readonly uploads: string;
  readonly deliveries: string;
  readonly commit: Commit;

  constructor(
    private readonly schema: string,
    private readonly durable: boolean,
  ) {
    this.uploads = `"${schema}".uploads`;
    this.deliveries = `"${schema}".deliveries`;
    this.commit = durable
      ? { returning: '', selected: '' }
      : { returning: ` RETURNING ${ASYNCHRONOUS}`, selected: `, ${ASYNCHRONOUS}` };
  }

  /** The name of a statement among all that a connection may be given. */
  statementName(name: string): string {
    return `${this.schema}.${name}${this.durable ? '' : '.async'}`;
  }
}
