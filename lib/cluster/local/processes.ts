import { setTimeout as pause } from 'node:timers/promises';
import { FolderLostError } from '../../errors/index.js';
import { makeOwnFolder } from '../../folder/index.js';
import { waitAtMost } from '../../wait-at-most.js';
import type { ClaimTable, FenceState } from '../shared-tables.interface.js';
import { Greetings } from './greetings.js';
import { isIdentity, memberOf, newIdentity } from './identity.js';
import { joinMembers } from './join-members.js';
import type { Question } from './messages.js';
import { OwnSuspicion, type Fences } from './own-suspicion.js';
import { LinkLostError } from './peer.js';
import { Peers } from './peers.js';
import { namesIn, pidNamespace, refuseOtherPidNamespace } from './pid-namespace.js';
import { ProcessGoneError } from '../telling/process-gone.error.js';
import type { LocalClusterOptions } from './local-cluster-options.interface.js';
import { Silences, type Patience } from './silences.js';
import { SocketServer } from './socket-server.js';
import { markSuspect } from './suspect-mark.js';

/** Milliseconds that others get to take note of this process at its start. */
const JOINING_PATIENCE = 1000;

/** Nothing was taken from this process. */
const NO_FENCES: Fences = new Map();

type Listener = (identity: string) => void;

/**
 * The other processes on the same folder: who they are, what they ask, and that they ended.
 *
 * A process goes by a random identity, for process ids are given anew. It lives as long as its
 * socket takes connections, which the system ends with it, so that a killed one is noticed at once.
 * All must be of one PID namespace, for the tables they share are locked by process ids.
 *
 * One that lives and does not answer, as it does when it is stopped or hangs, becomes a suspect after
 * the patience: others go on without it, and take what it had from it. It learns of that from the
 * tables, before anything it does counts, and joins the others again.
 */
export class Processes {
  readonly identity = newIdentity(pidNamespace());
  private peers: Peers;
  private readonly answerers = new Map<string, (body: string, from: string) => Promise<string>>();
  private readonly onMet: ((fences: Fences) => void)[] = [];
  private readonly onLinked: Listener[] = [];
  private readonly onGone: Listener[] = [];
  private readonly onSuspected: Listener[] = [];
  private readonly silences: Silences;
  private readonly suspicion: OwnSuspicion;
  private readonly greetings: Greetings;
  private socketServer?: SocketServer;
  private heartbeat?: NodeJS.Timeout;
  private closed = false;

  /** When a process counts as one that does not answer. */
  readonly patience: Patience = { look: 1000, silentAfter: 1, suspectAfter: 4, heartbeat: 5000 };

  constructor(private readonly options: LocalClusterOptions) {
    const { identity } = this;
    this.peers = this.newPeers();
    this.silences = this.newSilences();
    this.greetings = new Greetings(this.silences, (other) => this.putOnce(other, 'hello'));
    this.suspicion = new OwnSuspicion({ ...options, identity }, (taken) => this.tellMet(taken));
  }

  /** Whether no other process is known to live. */
  get isAlone(): boolean {
    // One that cannot be reached may live.
    return this.peers.isEmpty && this.greetings.haveReachedAll;
  }

  /** Identities of the other processes that live, as far as is known. */
  get others(): readonly string[] {
    return this.peers.identities;
  }

  /** Whether all others know of this process, or are suspects. */
  get isMet(): boolean {
    return this.greetings.areOver;
  }

  /** Whether another process is known to have taken note of this one, so that its claims are written. */
  hasMet(identity: string): boolean {
    return this.greetings.haveReached(identity);
  }

  /**
   * Waits until all others know of this process, or have become suspects.
   *
   * @param patience milliseconds; ten seconds unless given
   * @returns whether that is so
   */
  meet(patience?: number): Promise<boolean> {
    return this.greetings.wait(patience);
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
      this.socketServer = await SocketServer.open(folder, this.identity, (asked) =>
        this.answerTo(asked),
      );
      // Of two that start at the same time, at least one sees the other's socket.
      await this.refuseOtherPidNamespace();
      await tables.open();
      const mayLive = (other: string) => this.mayLive(other);
      const { generation, identities } = await joinMembers(tables, this.identity, mayLive);
      const claims = await tables.openClaims(generation);
      this.greetings.begin(identities.filter((other) => other !== this.identity));
      this.heartbeat = setInterval(() => this.lookAfterNext(), this.patience.heartbeat);
      this.heartbeat.unref();
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

  /**
   * Looks, before any table is opened, whether all others on the folder answer, and gives them the time
   * to. One that was stopped in the middle of a write makes all wait that open a table, without a word, so
   * it is to be told of before.
   */
  async lookAround(): Promise<void> {
    const { look, silentAfter } = this.patience;
    const names = (await namesIn(this.options.folder)).filter(isIdentity);
    const asked = names.map((identity) => this.ask(identity, 'ping').catch(() => undefined));
    // Half a look later than one that does not answer is told of.
    await waitAtMost((silentAfter + 1.5) * look, Promise.all(asked));
  }

  /** Leaves the others, who take this process for ended from now on. */
  async close(): Promise<void> {
    this.closed = true;
    this.greetings.end();
    clearInterval(this.heartbeat);
    this.silences.close();
    await this.socketServer?.close();
    this.socketServer = undefined;
    this.peers.close();
    await this.options.tables.close();
  }

  /** Answers what others ask under a topic. */
  answer(topic: string, answerer: (body: string, from: string) => Promise<string>): void {
    this.answerers.set(topic, answerer);
  }

  /**
   * Calls when another process joined, before it learns that it is known; or, with what others have
   * taken, when this one joins them again.
   */
  whenMet(listener: (fences: Fences) => void): void {
    this.onMet.push(listener);
  }

  /** Calls when there is a connection to another process, which answers from then on. */
  whenLinked(listener: Listener): void {
    this.onLinked.push(listener);
  }

  /** Calls when another process was found to have ended. */
  whenGone(listener: Listener): void {
    this.onGone.push(listener);
  }

  /** Calls when this process has found another one to be a suspect. */
  whenSuspected(listener: Listener): void {
    this.onSuspected.push(listener);
  }

  /** Whether this process is a suspect, as of now; `undefined` when that cannot be told at once. */
  get isSuspect(): boolean | undefined {
    return this.suspicion.isSuspect;
  }

  /** Takes a key from a suspect; see `FenceTables`. */
  async fence(suspect: string, key: string): Promise<FenceState | undefined> {
    const { folder, tables } = this.options;
    // The one that noted it as a suspect may not have come to that.
    await markSuspect(folder, suspect);
    return tables.fence(suspect, key, this.identity);
  }

  /** Whether others go on without a process, which may live. */
  async isSuspected(identity: string): Promise<boolean> {
    return (await this.options.tables.readSuspects()).includes(identity);
  }

  /** Whether others have taken a key from this process, as of now; also when that cannot be told. */
  hasLost(key: string): boolean {
    return this.suspicion.hasLost(key);
  }

  /**
   * Joins the others again that went on without this process: has it learn what they have taken, and
   * write what it still has.
   *
   * @throws Error of the system when one of them cannot be reached
   */
  rejoin(): Promise<void> {
    return this.suspicion.learn(() => this.reachOthers());
  }

  /**
   * Asks another process.
   *
   * @throws ProcessGoneError when it ends before it has answered, and when this one is closed
   * @throws ProcessSilentError when it has become a suspect before that
   * @throws Error when it answered with an error
   */
  ask(identity: string, topic: string, body = ''): Promise<string> {
    return this.silences.during(identity, this.put(identity, topic, body));
  }

  /** Asks another process, as long as it is waited for; one that cannot be reached may be later. */
  private async put(identity: string, topic: string, body = ''): Promise<string> {
    for (;;) {
      try {
        return await this.putOnce(identity, topic, body);
      } catch (error) {
        if (!isOfSystem(error) || !this.silences.isAwaited(identity)) throw error;
        await pause(this.patience.look, undefined, { ref: false });
      }
    }
  }

  /** @throws Error of the system when the process cannot be reached */
  private async putOnce(identity: string, topic: string, body = ''): Promise<string> {
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

  /** Whether a process has stopped answering, as far as is known, and may live. */
  isSilent(identity: string): boolean {
    return this.silences.isSilent(identity);
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
    return new Peers(this.options, this.identity, {
      linked: (identity) => this.onLinked.forEach((listener) => listener(identity)),
      gone: (identity) => this.gone(identity),
    });
  }

  private newSilences(): Silences {
    const { observer, tables } = this.options;
    return new Silences(() => this.patience, {
      probe: (identity) => this.putOnce(identity, 'ping'),
      silent: (identity, reason) => observer?.silent(memberOf(identity), reason),
      isSuspect: (identity) => tables.peekSuspects()?.includes(identity) ?? false,
      suspect: (identity) => this.suspect(identity),
      heard: (identity) => void this.meetAgain(identity),
    });
  }

  /** What cannot be reached may live. */
  private async mayLive(identity: string): Promise<boolean> {
    try {
      return (await this.peers.link(identity)) !== undefined;
    } catch (error) {
      if (error instanceof FolderLostError) throw error;
      return true;
    }
  }

  /** What a suspect answers first are questions of before; then it is greeted, and may learn that it was one. */
  private async meetAgain(identity: string): Promise<void> {
    await this.greetings.greet(identity).catch(() => undefined);
    if (!this.closed) this.options.observer?.answers(memberOf(identity));
  }

  /**
   * Each looks after the next one, in the order of their names, so that one that hangs is noticed by
   * some process also where it is asked nothing.
   */
  private lookAfterNext(): void {
    const next = this.next();
    if (next !== undefined) void this.ask(next, 'ping').catch(() => undefined);
  }

  /** One that is silent looks after no other. */
  private next(): string | undefined {
    const others = this.others.filter((other) => !this.silences.isSilent(other)).sort();
    return others.find((other) => other > this.identity) ?? others[0];
  }

  private async suspect(identity: string): Promise<void> {
    const { folder, tables } = this.options;
    await tables.suspect(identity);
    await markSuspect(folder, identity);
    for (const listener of this.onSuspected) listener(identity);
  }

  private gone(identity: string): void {
    this.greetings.forget(identity);
    this.silences.forget(identity);
    const isSuspect = this.options.tables.peekSuspects()?.includes(identity);
    // What stays is forgotten when the next process joins.
    if (isSuspect) void this.options.tables.lift(identity).catch(() => undefined);
    for (const listener of this.onGone) listener(identity);
  }

  private async reachOthers(): Promise<void> {
    const { identities = [] } = (await this.options.tables.readMembers()) ?? {};
    const others = identities.filter((other) => other !== this.identity);
    await Promise.all(others.map((other) => this.peers.link(other)));
  }

  private tellMet(fences: Fences): void {
    for (const listener of this.onMet) listener(fences);
  }

  private async answerTo({ topic, body, from }: Question): Promise<string> {
    if (topic === 'ping') return this.answerPing();
    if (topic === 'hello') return this.welcome(from);
    const answerer = this.answerers.get(topic);
    if (!answerer) throw new Error(`There is no answer to ${topic}.`);
    return answerer(body, from);
  }

  /** A good time to find out that this process is a suspect: those that suspect it ask. */
  private answerPing(): Promise<string> {
    if (this.isSuspect) void this.rejoin().catch(() => undefined);
    return Promise.resolve('');
  }

  private async welcome(identity: string): Promise<string> {
    await this.peers.link(identity);
    const suspects = await this.options.tables.readSuspects();
    if (suspects.includes(this.identity)) await this.rejoin();
    else this.tellMet(NO_FENCES);
    return '';
  }
}

function isOfSystem(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}
