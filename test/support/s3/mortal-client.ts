import type { S3Client } from '@aws-sdk/client-s3';

/** When a process dies over a request to the store, or over what it keeps in a record. */
export interface Death {
  /** How many of these have their effect: the last one's is not known any more. */
  readonly after: number;
}

/** Counts the steps of a process, and lets it take no more of them after its death. */
export class Mortal {
  steps = 0;

  constructor(private readonly death?: Death) {}

  get isDead(): boolean {
    return this.death !== undefined && this.steps > this.death.after;
  }

  /** Takes a step, unless that is the one the process dies at. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.steps += 1;
    if (this.isDead) throw new Error('The process is dead.');
    return work();
  }

  /** Counts the requests of a client as steps. */
  bind(client: S3Client): void {
    client.middlewareStack.add((next) => (args) => this.step(() => next(args)), {
      step: 'initialize',
      priority: 'high',
    });
  }
}
