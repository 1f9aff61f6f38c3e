import type { Cluster, MemberReport } from '../cluster.interface.js';
import { uploadKey, type LeaseKey } from '../lease-key.js';
import { TellingCluster } from '../telling/index.js';
import { identityOf, type Where } from './member-name.js';
import { Members } from './members.js';
import { PostgresClaims } from './postgres-claims.js';
import type { PostgresClusterOptions } from './postgres-cluster-options.interface.js';

type GoneListener = (identity: string, keys: readonly LeaseKey[]) => void;

/**
 * The processes of several machines that share the tables in a PostgreSQL database. They hear of each
 * other by its notifications, and note in its tables who has what.
 */
export class PostgresCluster extends TellingCluster implements Cluster {
  override readonly claims: PostgresClaims;
  private readonly members: Members;
  private readonly metListeners: (() => void)[] = [];
  private readonly goneListeners: GoneListener[] = [];
  private readonly suspectedListeners: ((identity: string) => void)[] = [];

  constructor(private readonly options: PostgresClusterOptions) {
    const members = new Members(options);
    const claims = new PostgresClaims(members);
    super(claims, members);
    this.members = members;
    this.claims = claims;
    members.tell({
      met: () => this.metListeners.forEach((listener) => listener()),
      left: () => {
        const count = claims.loseAll();
        options.observer?.cutOff?.(count);
      },
      joinedAgain: () => options.observer?.back?.(),
      returned: () => this.learn(),
      gone: (member) => void this.tellGone(member),
      suspected: (member) => {
        for (const listener of this.suspectedListeners) listener(identityOf(member));
      },
    });
  }

  get identity(): string {
    return this.options.identity;
  }

  /** @throws RegistryUnavailableError, or the error of the database */
  open(): Promise<void> {
    return this.members.open();
  }

  close(): Promise<void> {
    return this.members.close();
  }

  /**
   * Says in which folder this process's uploads lie.
   *
   * @returns another process that has them elsewhere
   */
  share(folder: string): Promise<Where | undefined> {
    return this.members.share(folder);
  }

  /** The epoch of the lease that this process has of an upload; `undefined` when it has none. */
  epochOf(id: string): number | undefined {
    return this.claims.epochOf(uploadKey(id));
  }

  /** Resolves when all others can see that this process has an upload; `undefined`: they can. */
  written(id: string): Promise<void> | undefined {
    return this.claims.written(uploadKey(id));
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

  override async askOthers(patience: number): Promise<readonly MemberReport[]> {
    const reports = await super.askOthers(patience);
    return reports.map((report) => ({ ...report, identity: identityOf(report.identity) }));
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
