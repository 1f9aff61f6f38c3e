import type { Cluster, News, Renew, Reserve } from '../cluster.interface.js';
import type { LeaseKey } from '../lease-key.js';
import type { LocalClusterOptions } from './local-cluster-options.interface.js';
import { Processes } from './processes.js';
import { RemoteNews } from '../telling/remote-news.js';
import { RemoteWake } from '../telling/remote-wake.js';
import { SharedClaims } from './shared-claims.js';

type GoneListener = (identity: string, keys: readonly LeaseKey[]) => void;

/**
 * The processes of one machine that share a folder. They hear of each other by sockets, and note in
 * tables that they share who has what; the system tells at once which of them has ended.
 */
export class LocalCluster implements Cluster {
  /** Who is there, and what they ask each other. */
  readonly processes: Processes;
  /** Who has what. */
  readonly claims: SharedClaims;
  private readonly wake: RemoteWake;
  private readonly news: RemoteNews;

  constructor(options: LocalClusterOptions) {
    this.processes = new Processes(options);
    this.claims = new SharedClaims(this.processes, options.tables);
    this.wake = new RemoteWake(this.processes);
    this.news = new RemoteNews(this.processes);
  }

  get identity(): string {
    return this.processes.identity;
  }

  get isAlone(): boolean {
    return this.claims.isAlone;
  }

  /**
   * Looks, before anything that the processes share is opened, whether this one may join them.
   *
   * @throws OtherPidNamespaceError
   * @throws Error of the system when it cannot be told whether such a process is there
   */
  async lookAround(): Promise<void> {
    await this.processes.refuseOtherPidNamespace();
    await this.processes.lookAround();
  }

  /**
   * @throws OtherPidNamespaceError
   * @throws UnfitFolderError when the path of the folder is too long for a socket
   * @throws Error of the system when there can be no socket in the folder
   */
  open(): Promise<void> {
    return this.claims.open();
  }

  close(): Promise<void> {
    return this.claims.close();
  }

  hasLost(key: LeaseKey): boolean {
    return this.claims.hasLost(key);
  }

  isHeldElsewhere(key: LeaseKey): boolean {
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

  onWanted(reserve: Reserve): void {
    this.claims.onWanted(reserve);
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.claims.onLost(listener);
  }

  onFence(renew: Renew): void {
    this.claims.onFence(renew);
  }

  isGone(identity: string): Promise<boolean> {
    return this.processes.isGone(identity);
  }

  isSuspected(identity: string): Promise<boolean> {
    return this.processes.isSuspected(identity);
  }

  onMet(listener: () => void): void {
    this.processes.whenMet(() => listener());
  }

  onGone(listener: GoneListener): void {
    this.processes.whenGone((identity) => listener(identity, this.claims.leftBy(identity)));
  }

  onSuspected(listener: (identity: string) => void): void {
    this.processes.whenSuspected(listener);
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
}
