/** Which delivery: one handler, one upload. */
export interface DeliveryKey {
  readonly uploadId: string;
  /** The handler's stable name, `Class#method` unless the decorator gave another. */
  readonly handler: string;
}

/**
 * `waiting` until its time has come, `running` while a process has it, `dead` once it gave up.
 *
 * @publicApi
 */
export type DeliveryState = 'waiting' | 'running' | 'dead';

/** One finished upload on its way to one handler. */
export interface DeliveryRecord extends DeliveryKey {
  readonly state: DeliveryState;
  /** How many attempts have begun. */
  readonly attempt: number;
  /** How many of them do not count any more, because it was given new ones. */
  readonly forgiven?: number;
  /** How many of those that count ended with their process. */
  readonly lost?: number;
  /** When it may run (`waiting`), in milliseconds since the epoch. */
  readonly dueAt: number;
  /** Which process runs it (`running`): the identity that process gave itself at its start. */
  readonly holder?: string;
  /** Since when it runs (`running`), in milliseconds since the epoch. */
  readonly startedAt?: number;
  /** Message of the last failure. */
  readonly error?: string;
}

/** How a delivery attempt ended: done (the row goes), to be tried again, or given up. */
export type DeliveryOutcome =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry';
      readonly dueAt: number;
      readonly error?: string;
      /** Whether it was no attempt at all: there was no handler, or the app was ending. */
      readonly isUncounted?: boolean;
    }
  | {
      readonly kind: 'dead';
      readonly error: string;
      /** Whether it was no attempt at all: those before were too many. */
      readonly isUncounted?: boolean;
    };
