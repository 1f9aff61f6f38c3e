import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { makeOwnFolder } from '../folder/index.js';
import { Doorway } from './doorway.js';
import { newIdentity } from './identity.js';
import type { Question } from './messages.js';
import { LinkLostError } from './peer.js';
import { Peers } from './peers.js';
import { pidNamespace, refuseOtherPidNamespace } from './pid-namespace.js';
import { ProcessGoneError } from './process-gone.error.js';
import type { ProcessesOptions } from './processes-options.interface.js';
import type { ClaimTable } from './shared-tables.interface.js';

/** Milliseconds between two tries of what went wrong and must not stay so. */
const RETRY_PAUSE = 1000;

/** Milliseconds that others get to take note of this process: at its start, and when it matters. */
const JOINING_PATIENCE = 1000;
const MEETING_PATIENCE = 10_000;

type Listener = (identity: string) => void;

/**
 * The other processes on the same folder: who they are, what they ask, and that they ended.
 *
 * A process goes by a random identity, for process ids are given anew. It lives as long as its
 * socket takes connections, which the system ends with it, so that a killed one is noticed at once.
 * All must be of one PID namespace, for the tables they share are locked by process ids.
 */
export class Processes {
  readonly identity = newIdentity(pidNamespace());
  private peers: Peers;
  private readonly answerers = new Map<string, (body: string, from: string) => Promise<string>>();
  private readonly onMet: (() => void)[] = [];
  private readonly onGone: Listener[] = [];
  private doorway?: Doorway;
  private meeting?: Promise<void>;
  private met = false;
  private closed = false;

  constructor(private readonly options: ProcessesOptions) {
    this.peers = this.newPeers();
  }

  /** Whether no other process is known to live. */
  get isAlone(): boolean {
    return this.peers.isEmpty;
  }

  /** Identities of the other processes that live, as far as is known. */
  get others(): readonly string[] {
    return this.peers.identities;
  }

  /** Whether all others know of this process. */
  get isMet(): boolean {
    return this.met && !this.closed;
  }

  /**
   * Waits until all others know of this process.
   *
   * @param patience milliseconds
   * @returns whether they do
   */
  async meet(patience = MEETING_PATIENCE): Promise<boolean> {
    if (this.isMet) return true;
    const met = new AbortController();
    const outOfPatience = pause(patience, undefined, { signal: met.signal });
    await Promise.race([this.meeting, outOfPatience]);
    met.abort();
    await outOfPatience.catch(() => undefined);
    return this.isMet;
  }

  /**
   * Joins the processes on the folder, and gives them a second to take note of that. May be repeated
   * when it failed.
   *
   * @returns the claims that they share
   * @throws OtherPidNamespaceError
   * @throws UnfitFolderError when the path of the folder is too long for a socket
   * @throws Error of the system when there can be no socket in the folder
   */
  async open(): Promise<ClaimTable> {
    const { folder, tables } = this.options;
    if (this.closed) this.peers = this.newPeers();
    this.closed = false;
    try {
      await makeOwnFolder(folder);
      this.doorway = await Doorway.open(folder, this.identity, (asked) => this.answerTo(asked));
      // Of two that start at the same time, at least one sees the other's doorway.
      await this.refuseOtherPidNamespace();
      await tables.open();
      const claims = await tables.openClaims(await this.join());
      this.meeting = this.greetAll(this.peers.identities);
      await this.meet(JOINING_PATIENCE);
      return claims;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Looks, before any table is opened, whether a process of another PID namespace uses the folder.
   *
   * @throws OtherPidNamespaceError
   * @throws Error of the system when that cannot be told
   */
  refuseOtherPidNamespace(): Promise<void> {
    return refuseOtherPidNamespace(this.options.folder, this.identity);
  }

  /** Leaves the others, who take this process for ended from now on. */
  async close(): Promise<void> {
    this.closed = true;
    this.met = false;
    await this.doorway?.close();
    this.doorway = undefined;
    this.peers.close();
    await this.options.tables.close();
  }

  /** Answers what others ask under a topic. */
  answer(topic: string, answerer: (body: string, from: string) => Promise<string>): void {
    this.answerers.set(topic, answerer);
  }

  /** Calls when another process joined, before it learns that it is known. */
  whenMet(listener: () => void): void {
    this.onMet.push(listener);
  }

  /** Calls when another process was found to have ended. */
  whenGone(listener: Listener): void {
    this.onGone.push(listener);
  }

  /**
   * Asks another process.
   *
   * @throws ProcessGoneError when it ends before it has answered, and when this one is closed
   * @throws Error when it answered with an error
   */
  async ask(identity: string, topic: string, body = ''): Promise<string> {
    for (;;) {
      const peer = await this.peers.link(identity);
      if (!peer) throw new ProcessGoneError(identity);
      try {
        return await peer.ask(topic, body);
      } catch (error) {
        if (!(error instanceof LinkLostError)) throw error;
      }
    }
  }

  /** Whether a process has ended for certain; the system is asked, no clock. */
  async isGone(identity: string): Promise<boolean> {
    if (identity === this.identity) return false;
    try {
      return (await this.peers.link(identity)) === undefined && !this.closed;
    } catch {
      return false;
    }
  }

  private newPeers(): Peers {
    return new Peers(this.options, this.identity, (identity) => {
      for (const listener of this.onGone) listener(identity);
    });
  }

  /** Notes this process among those that live, and forgets those that do not. */
  private async join(): Promise<string> {
    const { tables } = this.options;
    for (;;) {
      const seen = await tables.readMembers();
      const alive = await this.linkAll(seen?.identities ?? []);
      // Without anyone alive what was shared may date from before the machine was lost.
      const generation =
        seen && alive.length > 0 ? seen.generation : randomBytes(8).toString('hex');
      const identities = [...alive, this.identity];
      if (await tables.replaceMembers(seen, { generation, identities })) return generation;
    }
  }

  private async linkAll(identities: readonly string[]): Promise<string[]> {
    const peers = await Promise.all(identities.map((identity) => this.peers.link(identity)));
    return identities.filter((_, index) => peers[index] !== undefined);
  }

  private async greetAll(identities: readonly string[]): Promise<void> {
    await Promise.all(identities.map((identity) => this.greet(identity)));
    this.met = true;
  }

  private async greet(identity: string): Promise<void> {
    while (!this.closed) {
      try {
        await this.ask(identity, 'hello');
        return;
      } catch (error) {
        if (error instanceof ProcessGoneError) return;
        await pause(RETRY_PAUSE, undefined, { ref: false });
      }
    }
  }

  private async answerTo({ topic, body, from }: Question): Promise<string> {
    if (topic === 'hello') return this.welcome(from);
    const answerer = this.answerers.get(topic);
    if (!answerer) throw new Error(`Nobody answers to ${topic}.`);
    return answerer(body, from);
  }

  private async welcome(identity: string): Promise<string> {
    await this.peers.link(identity);
    for (const listener of this.onMet) listener();
    return '';
  }
}
