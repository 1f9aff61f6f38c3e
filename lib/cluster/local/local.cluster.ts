import type { Cluster } from '../cluster.interface.js';
import type { LeaseKey } from '../lease-key.js';
import { TellingCluster } from '../telling/index.js';
import type { LocalClusterOptions } from './local-cluster-options.interface.js';
import { Processes } from './processes.js';
import { SharedClaims } from './shared-claims.js';

type GoneListener = (identity: string, keys: readonly LeaseKey[]) => void;

/**
 * The processes of one machine that share a folder. They hear of each other by sockets, and note in
 * tables that they share who has what; the system tells at once which of them has ended.
 */
export class LocalCluster extends TellingCluster implements Cluster {
  /** Who is there, and what they ask each other. */
  readonly processes: Processes;
  override readonly claims: SharedClaims;

  constructor(options: LocalClusterOptions) {
    const processes = new Processes(options);
    const claims = new SharedClaims(processes, options.tables);
    super(claims, processes);
    this.processes = processes;
    this.claims = claims;
  }

  get identity(): string {
    return this.processes.identity;
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
}
