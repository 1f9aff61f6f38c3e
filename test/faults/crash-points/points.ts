/** What a finish consists of, as far as it can be seen from outside. */
type Step =
  | 'sync'
  | 'place'
  | 'finished'
  | 'terminated'
  | 'quarantined'
  | 'removal'
  | 'close'
  | 'claim'
  | 'done'
  | 'retry'
  | 'move'
  | 'moved'
  | 'removed'
  | 'answered';

/** A moment at which a process may die: around a step, or in one of the app's own methods. */
export type Point = `${'before' | 'after'} ${Step}` | `in the ${'hook' | 'handler' | 'method'}`;

/** The step that a changed property of a record, or its state, stands for. */
export type ChangeStep = Extract<
  Step,
  'finished' | 'terminated' | 'quarantined' | 'moved' | 'removed' | 'answered'
>;

/** An upload as far as points go: its client says by its metadata where its process is to die. */
export interface Passer {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Lets every upload pass, as in an app that is not to die. */
export class Points {
  /** Resolves when an upload may go on beyond a point. */
  async pass(_point: Point, _upload: Passer): Promise<void> {}

  /** Whether an upload goes no further. */
  isHeld(_uploadId: string): boolean {
    return false;
  }
}
