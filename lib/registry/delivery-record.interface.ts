/** Which delivery: one handler, one upload. */
export interface DeliveryKey {
  /** Id of the upload. */
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
  /** Where it stands. */
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
  | {
      /** It has succeeded. */
      readonly kind: 'done';
    }
  | {
      /** It is to be tried again. */
      readonly kind: 'retry';
      /** When it may run again, in milliseconds since the epoch. */
      readonly dueAt: number;
      /** Message of the failure. */
      readonly error?: string;
      /** Whether it was no attempt at all: there was no handler, or the app was ending. */
      readonly isUncounted?: boolean;
    }
  | {
      /** It was given up. */
      readonly kind: 'dead';
      /** Message of the last failure. */
      readonly error: string;
      /** Whether it was no attempt at all: those before were too many. */
      readonly isUncounted?: boolean;
    };
