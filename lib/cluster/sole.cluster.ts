import { randomUUID } from 'node:crypto';
import type { Cluster, MemberReport } from './cluster.interface.js';

/** The cluster of a process that shares its uploads with no other one. */
export class SoleCluster implements Cluster {
  readonly identity = randomUUID();
  readonly isAlone = true;

  hasLost(): boolean {
    return false;
  }

  isHeldElsewhere(): boolean {
    return false;
  }

  claim(): undefined {
    return undefined;
  }

  claimNew(): boolean {
    return true;
  }

  tryClaim(): Promise<boolean> {
    return Promise.resolve(true);
  }

  watch(): () => void {
    return nothing;
  }

  isWatched(): boolean {
    return false;
  }

  isGone(identity: string): Promise<boolean> {
    return Promise.resolve(identity !== this.identity);
  }

  isSuspected(): Promise<boolean> {
    return Promise.resolve(false);
  }

  askOthers(): Promise<readonly MemberReport[]> {
    return Promise.resolve([]);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  // There is no other process to take anything, to be told of, or to be told anything.
  release = nothing;
  onWanted = nothing;
  onLost = nothing;
  onFence = nothing;
  onMet = nothing;
  onGone = nothing;
  onSuspected = nothing;
  wakeOthers = nothing;
  onWoken = nothing;
  tell = nothing;
  onTold = nothing;
  onAsked = nothing;
}

function nothing(): void {
  // See above.
}
