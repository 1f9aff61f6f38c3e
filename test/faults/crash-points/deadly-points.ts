import type { CallLog } from './call-log.js';
import { Points } from './points.js';
import type { Passer, Point } from './points.js';

/** What the log says of an upload that has come to its point. */
export const DEATH = '†';

/** Separates the points of an upload that is to come by several. */
const SEPARATOR = '|';

/**
 * Holds every upload at the point where its process is to die, and kills the process once all of
 * them are there.
 *
 * What an upload leaves behind is the same as if the process had died over it alone: it has made
 * none of the steps after its point. So one death does for many points.
 */
export class DeadlyPoints extends Points {
  private readonly passed = new Map<string, Set<string>>();
  private readonly arrived = new Set<string>();

  /** @param uploads how many there will be */
  constructor(
    private readonly log: CallLog,
    private readonly uploads: number,
  ) {
    super();
  }

  override async pass(point: Point, { id, metadata }: Passer): Promise<void> {
    const points = metadata['dies']?.split(SEPARATOR) ?? [];
    if (!points.includes(point)) return;

    const passed = this.passed.get(id) ?? new Set();
    this.passed.set(id, passed.add(point));
    if (passed.size === points.length) this.arrive(id);
    await new Promise(() => undefined);
  }

  override isHeld(id: string): boolean {
    return this.arrived.has(id);
  }

  private arrive(id: string): void {
    this.log.write(id, DEATH);
    this.arrived.add(id);
    if (this.arrived.size === this.uploads) process.kill(process.pid, 'SIGKILL');
  }
}
