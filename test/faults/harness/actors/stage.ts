import type { EventEmitter } from 'node:events';
import type { ServerSettings } from '../../servers/server-settings.js';
import type { DiskFaults } from '../disk-faults.js';
import type { RunServers } from '../run-servers.js';
import type { RunStore } from '../stores/index.js';
import type { Tally } from '../tally.js';

/**
 * The moments at which a kill may be wished for; each is announced by an event of its name, but for
 * `frozen`: the server is frozen at another one then, and others go on.
 */
export const MOMENTS = [
  'bytes',
  'checksum',
  'last-bytes',
  'last-answer',
  'retrying',
  'answering',
  'concatenation',
  'cleanup',
  'eio',
  'frozen',
] as const;

/** A moment that is to be asked for: its run lies in memory, on a disk that is filled after the kill. */
export const ON_FULL_DISK = 'full';

export type Moment = (typeof MOMENTS)[number] | typeof ON_FULL_DISK;

/** What the actors of a run have in common. */
export interface Stage {
  readonly seed: number;
  readonly settings: Omit<ServerSettings, 'platform'>;
  readonly tally: Tally;
  /** The servers, for a look at what they know. */
  readonly servers: RunServers;
  /** Where servers keep bytes. */
  readonly store: RunStore;
  /** What the disk has failed to do. */
  readonly disk: DiskFaults;
  /** Where actors announce a moment. */
  readonly moments: EventEmitter;
  /**
   * Whether requests that a frozen server had not read may come now: they are newer to it than those
   * that clients have sent to another one since, and take their uploads over (423).
   */
  hasLateRequests(): boolean;
}

/** Whether an answer says no more than that another request has taken the upload over. */
export function isOvertaken(stage: Stage, { status }: { readonly status: number }): boolean {
  return status === 423 && stage.hasLateRequests();
}
