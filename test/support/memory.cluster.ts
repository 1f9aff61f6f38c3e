import { randomBytes } from 'node:crypto';
import type {
  Cluster,
  LeaseKey,
  MemberReport,
  News,
  Renew,
  Reserve,
} from '../../lib/cluster/index.js';

/** What the members of a cluster in memory share. */
export class MemoryRoom {
  readonly members = new Map<string, MemoryCluster>();
  /** By key, the member that has it. */
  readonly holders = new Map<LeaseKey, MemoryCluster>();

  /** All members but one. */
  others(member: MemoryCluster): MemoryCluster[] {
    return [...this.members.values()].filter((each) => each !== member);
  }
}

/** A cluster whose members are objects of one process, which can hang, and can be killed. */
export class MemoryCluster implements Cluster {
  readonly identity = randomBytes(8).toString('hex');
  private reserve: Reserve = () => Promise.resolve({ release: () => undefined });
  private renew: Renew = () => Promise.resolve();
  private tellLost: (key: LeaseKey) => void = () => undefined;
  private woken: () => boolean = () => false;
  private told: (text: string) => void = () => undefined;
  private report: () => string = () => '';
  private readonly lost = new Set<LeaseKey>();
  private readonly onJoined: (() => void)[] = [];
  private readonly onLeft: ((identity: string, keys: readonly LeaseKey[]) => void)[] = [];
  private readonly onHanging: ((identity: string) => void)[] = [];
  private readonly watches = new Set<{ readonly id?: string; readonly onReached?: () => void }>();
  private readonly deaf = new Set<MemoryCluster>();
  private isFrozen = false;
  private isSuspect = false;

  constructor(private readonly room = new MemoryRoom()) {}

  get isAlone(): boolean {
    return this.isOpen && this.room.members.size === 1;
  }

  async open(): Promise<void> {
    this.room.members.set(this.identity, this);
    for (const other of this.room.others(this)) {
      other.onJoined.forEach((listener) => listener());
      other.watches.forEach(({ onReached }) => onReached?.());
    }
  }

  async close(): Promise<void> {
    if (!this.room.members.delete(this.identity)) return;
    const keys = [...this.room.holders].filter(([, by]) => by === this).map(([key]) => key);
    for (const key of keys) this.room.holders.delete(key);
    for (const { onLeft } of this.room.others(this)) {
      onLeft.forEach((listener) => listener(this.identity, keys));
    }
  }

  /** Stops it as it is. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** Lets it go on. */
  wake(): void {
    this.isFrozen = false;
    this.isSuspect = false;
    this.lost.forEach((key) => this.tellLost(key));
  }

  hasLost(key: LeaseKey): boolean {
    return this.lost.has(key);
  }

  isHeldElsewhere(key: LeaseKey): boolean {
    const holder = this.room.holders.get(key);
    return !this.isOpen || (holder !== undefined && holder !== this);
  }

  claim(key: LeaseKey): Promise<boolean> | undefined {
    return this.claimNew(key) ? undefined : this.win(key);
  }

  claimNew(key: LeaseKey): boolean {
    if (this.isHeldElsewhere(key)) return false;
    this.room.holders.set(key, this);
    this.lost.delete(key);
    return true;
  }

  async tryClaim(key: LeaseKey): Promise<boolean> {
    const holder = this.room.holders.get(key);
    if (holder?.isSuspect) return this.takeFrom(holder, key);
    return this.claimNew(key);
  }

  release(key: LeaseKey): void {
    this.lost.delete(key);
    if (this.room.holders.get(key) === this) this.room.holders.delete(key);
  }

  onWanted(reserve: Reserve): void {
    this.reserve = reserve;
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.tellLost = listener;
  }

  onFence(renew: Renew): void {
    this.renew = renew;
  }

  async isGone(identity: string): Promise<boolean> {
    return !this.room.members.has(identity);
  }

  async isSuspected(identity: string): Promise<boolean> {
    return this.room.members.get(identity)?.isSuspect ?? false;
  }

  onMet(listener: () => void): void {
    this.onJoined.push(listener);
  }

  onGone(listener: (identity: string, keys: readonly LeaseKey[]) => void): void {
    this.onLeft.push(listener);
  }

  onSuspected(listener: (identity: string) => void): void {
    this.onHanging.push(listener);
  }

  wakeOthers(): void {
    for (const other of this.room.others(this)) {
      if (!this.deaf.has(other) && other.woken()) this.deaf.add(other);
    }
  }

  onWoken(listener: () => boolean): void {
    this.woken = listener;
  }

  watch(id?: string, onReached?: () => void): () => void {
    const watch = { id, onReached };
    this.watches.add(watch);
    if (!this.isAlone) queueMicrotask(() => onReached?.());
    return () => void this.watches.delete(watch);
  }

  isWatched(uploadId: string): boolean {
    return this.room.others(this).some((other) => other.doesWatch(uploadId));
  }

  tell({ uploadId, text }: News): void {
    const watching = this.room.others(this).filter((other) => other.doesWatch(uploadId));
    for (const other of watching) other.told(text);
  }

  onTold(listener: (text: string) => void): void {
    this.told = listener;
  }

  onAsked(report: () => string): void {
    this.report = report;
  }

  async askOthers(): Promise<readonly MemberReport[]> {
    return this.room.others(this).map(({ identity, isFrozen, report }) => ({
      identity,
      ...(!isFrozen && { text: report() }),
    }));
  }

  private get isOpen(): boolean {
    return this.room.members.has(this.identity);
  }

  private doesWatch(uploadId: string): boolean {
    return [...this.watches].some(({ id = uploadId }) => id === uploadId);
  }

  private async win(key: LeaseKey): Promise<boolean> {
    const holder = this.room.holders.get(key);
    if (!holder || !this.isOpen) return this.claimNew(key);
    if (holder.isFrozen) return this.takeFrom(holder, key);
    const reserved = await holder.reserve(key);
    if (!reserved) return false;
    const isStillTheirs = this.room.holders.get(key) === holder;
    if (isStillTheirs) this.room.holders.set(key, this);
    reserved.release();
    return isStillTheirs || (this.claim(key) ?? true);
  }

  private async takeFrom(holder: MemoryCluster, key: LeaseKey): Promise<boolean> {
    if (!holder.isSuspect) this.onHanging.forEach((listener) => listener(holder.identity));
    holder.isSuspect = true;
    holder.lost.add(key);
    await this.renew(key, { identity: holder.identity });
    this.room.holders.set(key, this);
    return true;
  }
}
