import type { Cluster, News, Renew, Reserve } from '../cluster.interface.js';
import { uploadKey, type LeaseKey } from '../lease-key.js';
import { RemoteNews, RemoteWake } from '../telling/index.js';
import { identityOf } from './member-name.js';
import { Members } from './members.js';
import { PostgresClaims } from './postgres-claims.js';
import type { PostgresClusterOptions } from './postgres-cluster-options.interface.js';

type GoneListener = (identity: string, keys: readonly LeaseKey[]) => void;

/**
 * The processes of several machines that share the tables in a PostgreSQL database. They hear of each
 * other by its notifications, and note in its tables who has what.
 */
export class PostgresCluster implements Cluster {
  private readonly members: Members;
  private readonly claims: PostgresClaims;
  private readonly wake: RemoteWake;
  private readonly news: RemoteNews;
  private readonly metListeners: (() => void)[] = [];
  private readonly goneListeners: GoneListener[] = [];
  private readonly suspectedListeners: ((identity: string) => void)[] = [];

  constructor(private readonly options: PostgresClusterOptions) {
    this.members = new Members(options, {
      met: () => this.metListeners.forEach((listener) => listener()),
      left: () => {
        const count = this.claims.loseAll();
        options.observer?.cutOff?.(count);
      },
      joinedAgain: () => options.observer?.back?.(),
      returned: () => this.learn(),
      gone: (member) => void this.tellGone(member),
      suspected: (member) => {
        for (const listener of this.suspectedListeners) listener(identityOf(member));
      },
    });
    this.claims = new PostgresClaims(this.members);
    this.wake = new RemoteWake(this.members);
    this.news = new RemoteNews(this.members);
  }

  get identity(): string {
    return this.options.identity;
  }

  get isAlone(): boolean {
    return this.claims.isAlone;
  }

  /** @throws RegistryUnavailableError, or the error of the database */
  open(): Promise<void> {
    return this.members.open();
  }

  close(): Promise<void> {
    return this.members.close();
  }

  hasLost(key: LeaseKey): boolean {
    return this.claims.hasLost(key);
  }

  isHeldElsewhere(key: LeaseKey): boolean | Promise<boolean> {
    return this.claims.isHeldElsewhere(key);
  }

  claim(key: LeaseKey): Promise<boolean> | undefined {
    return this.claims.claim(key);
  }

  claimNew(key: LeaseKey): boolean {
    return this.claims.claimNew(key);
  }

  tryClaim(key: LeaseKey): Promise<boolean> {
    return this.claims.tryClaim(key);
  }

  release(key: LeaseKey): void {
    this.claims.release(key);
  }

  /** The epoch of the lease that this process has of an upload; `undefined` when it has none. */
  epochOf(id: string): number | undefined {
    return this.claims.epochOf(uploadKey(id));
  }

  /** Resolves when all others can see that this process has an upload; `undefined`: they can. */
  written(id: string): Promise<void> | undefined {
    return this.claims.written(uploadKey(id));
  }

  onWanted(reserve: Reserve): void {
    this.claims.onWanted(reserve);
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.claims.onLost(listener);
  }

  onFence(renew: Renew): void {
    this.claims.onFence(renew);
  }

  async isGone(identity: string): Promise<boolean> {
    return identity !== this.identity && this.members.joined.table.isGone(identity);
  }

  async isSuspected(identity: string): Promise<boolean> {
    return this.members.joined.table.isSuspected(identity);
  }

  onMet(listener: () => void): void {
    this.metListeners.push(listener);
  }

  onGone(listener: GoneListener): void {
    this.goneListeners.push(listener);
  }

  onSuspected(listener: (identity: string) => void): void {
    this.suspectedListeners.push(listener);
  }

  wakeOthers(): void {
    this.wake.wakeOthers();
  }

  onWoken(listener: () => boolean): void {
    this.wake.woken = listener;
  }

  watch(uploadId?: string, onReached?: () => void): () => void {
    return this.news.watches.begin(uploadId, onReached);
  }

  isWatched(uploadId: string): boolean {
    return this.news.watches.have(uploadId);
  }

  tell(news: News): void {
    this.news.tell(news);
  }

  onTold(listener: (text: string) => void): void {
    this.news.told = listener;
  }

  private async learn(): Promise<void> {
    const lost = await this.claims.learn(this.members.joined);
    // What it had when it woke may have ended by now, for it could not know that it was its own.
    this.options.observer?.fenced(lost);
  }

  private async tellGone(member: string): Promise<void> {
    const left = this.members.current?.leases.leftBy(member).catch(() => []);
    const keys = (await left) ?? [];
    for (const listener of this.goneListeners) listener(identityOf(member), keys);
  }
}
