import { setTimeout as pause } from 'node:timers/promises';
import { ContextSnapshot } from '../../context/index.js';
import { isIdentity } from './identity.js';
import { Peer } from './peer.js';
import type { LocalClusterOptions } from './local-cluster-options.interface.js';
import { removeSocket } from './socket-address.js';
import { unmarkSuspect } from './suspect-mark.js';

/** Milliseconds until a process is tried again that could not be reached, and may live. */
const RETRY_PAUSE = 1000;

/** Who hears of the connections. */
export interface PeersObserver {
  /** There is a new one to a process. */
  linked(identity: string): void;
  /** A process that there was one to has ended. */
  gone(identity: string): void;
}

/** The connections to the other processes, kept up as long as these live. */
export class Peers {
  /** A connection lives on after the request that had it made. */
  private readonly context = new ContextSnapshot();
  private readonly peers = new Map<string, Peer>();
  private readonly linking = new Map<string, Promise<Peer | undefined>>();
  private closed = false;

  /**
   * @param options where the sockets are
   * @param me identity of the process whose connections these are
   */
  constructor(
    private readonly options: Pick<LocalClusterOptions, 'folder' | 'watch'>,
    private readonly me: string,
    private readonly observer: PeersObserver,
  ) {}

  /** Those that live, as far as is known. */
  get identities(): string[] {
    return [...this.peers.keys()];
  }

  get isEmpty(): boolean {
    return this.peers.size === 0;
  }

  /**
   * The open connection to a process; `undefined` when it has ended, and after `close()`.
   *
   * @throws Error of the system when it cannot be told whether it has
   */
  async link(identity: string): Promise<Peer | undefined> {
    const peer = this.peers.get(identity);
    if (peer?.isOpen) return peer;
    const linking =
      this.linking.get(identity) ??
      this.context.run(() => this.connect(identity)).finally(() => this.linking.delete(identity));
    this.linking.set(identity, linking);
    return linking;
  }

  /** Ends all connections. */
  close(): void {
    this.closed = true;
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
  }

  private async connect(identity: string): Promise<Peer | undefined> {
    if (this.closed || !isIdentity(identity)) return undefined;
    const peer = await Peer.reach(this.options.folder, identity, this.me);
    // In another folder the sockets of those that live are missing too.
    if (!peer) await this.options.watch?.look();
    if (this.closed) peer?.close();
    else if (peer) this.watch(identity, peer);
    else await this.forget(identity);
    return this.closed ? undefined : peer;
  }

  private watch(identity: string, peer: Peer): void {
    this.peers.set(identity, peer);
    this.observer.linked(identity);
    void peer.closed.then(() => this.look(identity));
  }

  /** A connection that ended is the sign to look, not the proof that its process did. */
  private async look(identity: string): Promise<void> {
    while (!this.closed && this.peers.has(identity)) {
      try {
        await this.link(identity);
        return;
      } catch {
        await pause(RETRY_PAUSE, undefined, { ref: false });
      }
    }
  }

  private async forget(identity: string): Promise<void> {
    const { folder } = this.options;
    await removeSocket(folder, identity).catch(() => undefined);
    await unmarkSuspect(folder, identity).catch(() => undefined);
    if (this.peers.delete(identity) && !this.closed) this.observer.gone(identity);
  }
}
