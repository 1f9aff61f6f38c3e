import type {
  Claims,
  MemberReport,
  News,
  Renew,
  Reporting,
  Reserve,
  Waking,
  Watching,
} from '../cluster.interface.js';
import type { LeaseKey } from '../lease-key.js';
import type { Messenger } from './messenger.interface.js';
import { RemoteNews } from './remote-news.js';
import { RemoteReports } from './remote-reports.js';
import { RemoteWake } from './remote-wake.js';

/** A cluster whose members ask each other: what they tell goes by messages, who has what by claims. */
export abstract class TellingCluster implements Claims, Waking, Watching, Reporting {
  private readonly wake: RemoteWake;
  private readonly news: RemoteNews;
  private readonly reports: RemoteReports;

  constructor(
    /** Who has what. */
    readonly claims: Claims,
    messenger: Messenger,
  ) {
    this.wake = new RemoteWake(messenger);
    this.news = new RemoteNews(messenger);
    this.reports = new RemoteReports(messenger);
  }

  get isAlone(): boolean {
    return this.claims.isAlone;
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

  onWanted(reserve: Reserve): void {
    this.claims.onWanted(reserve);
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.claims.onLost(listener);
  }

  onFence(renew: Renew): void {
    this.claims.onFence(renew);
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

  onAsked(report: () => string): void {
    this.reports.report = report;
  }

  askOthers(patience: number): Promise<readonly MemberReport[]> {
    return this.reports.askOthers(patience);
  }
}
