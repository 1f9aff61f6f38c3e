import type { Usage, Usages } from '../registry.interface.js';
import type { Queryable } from '../../postgres/index.js';
import type { Scope, UsageStatements } from './usage-statements.js';

/** Thrown to where a decision asks for what was not counted yet. */
export class NotCountedError extends Error {
  override readonly name = 'NotCountedError';

  constructor(readonly scope: Scope) {
    super('What uploads take is to be counted first.');
  }
}

/**
 * What uploads take, counted when a decision asks for it: to count all is dear, and mostly nothing
 * depends on it.
 */
export class CountedUsages implements Usages {
  private readonly counted = new Map<Scope, Usage>();

  constructor(
    private readonly statements: UsageStatements,
    private readonly owner: string | undefined,
  ) {}

  /** @throws NotCountedError */
  get own(): Usage {
    return this.get('own');
  }

  /** @throws NotCountedError */
  get all(): Usage {
    return this.get('all');
  }

  /**
   * Calls what decides until all that it asks for was counted. Until the transaction ends, none of
   * those who do so decides by the same count.
   */
  async decide<T>(connection: Queryable, decide: () => T): Promise<T> {
    for (;;) {
      try {
        return decide();
      } catch (error) {
        if (!(error instanceof NotCountedError)) throw error;
        await this.count(connection, error.scope);
      }
    }
  }

  private async count(connection: Queryable, scope: Scope): Promise<void> {
    const { statements, owner } = this;
    // A statement sees what was committed before it began, so to count is another one.
    const locking = connection.query(statements.lock(scope, owner));
    const counting = connection.query(statements.count(scope, owner));
    const [, counted] = await Promise.all([locking, counting]);
    this.counted.set(scope, statements.usageOf(counted));
  }

  private get(scope: Scope): Usage {
    const usage = this.counted.get(scope);
    if (!usage) throw new NotCountedError(scope);
    return usage;
  }
}
