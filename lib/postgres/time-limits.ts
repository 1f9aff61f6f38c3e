/** How long a step may take, in milliseconds: what takes longer has failed. */
export const TIME_LIMITS = {
  /** To get a connection: to wait for one of the pool, and to make it. */
  connect: 5000,
  /** To wait for a row or a table that another has. */
  lock: 5000,
  /** A transaction that waits for this process, which may be frozen: it holds up all others. */
  idle: 5000,
  /** To run one statement, as the database counts. */
  statement: 15_000,
  /** To have its answer: more than it may run, so that the database says first what is wrong. */
  answer: 20_000,
} as const;

/** Milliseconds until a silent connection is tried, so that one that is gone is noticed. */
export const KEEP_ALIVE_AFTER = 10_000;

export type TimeLimits = Readonly<Record<keyof typeof TIME_LIMITS, number>>;

/**
 * Sets the limits that the database keeps, in SQL: for a connection, or (`LOCAL`) for the transaction
 * that has begun.
 */
export function setLimits(scope: 'SESSION' | 'LOCAL', limits: TimeLimits): string {
  return [
    `SET ${scope} lock_timeout = ${limits.lock}`,
    `SET ${scope} statement_timeout = ${limits.statement}`,
    `SET ${scope} idle_in_transaction_session_timeout = ${limits.idle}`,
  ].join('; ');
}
