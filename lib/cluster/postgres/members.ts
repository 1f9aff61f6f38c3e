import { setTimeout as pause } from 'node:timers/promises';
import { ContextSnapshot } from '../../context/index.js';
import { RegistryUnavailableError, UnfitDatabaseError } from '../../errors/index.js';
import { Batch, type OwnConnection, type PgNotification } from '../../postgres/index.js';
import { waitAtMost } from '../../wait-at-most.js';
import { ProcessGoneError, ProcessSilentError, type Messenger } from '../telling/index.js';
import { asMember } from './as-member.js';
import { LeaseTable } from './lease-table.js';
import { identityOf, memberName, whereWeAre } from './member-name.js';
import { MemberTable, type Look, type SeenMember } from './member-table.js';
import type { Joined, MembersObserver } from './members.interface.js';
import { NoticeReader, NoticeWriter } from './notices.js';
import type { PostgresClusterOptions } from './postgres-cluster-options.interface.js';
import { Questions, type Answer, type Question } from './questions.js';
import { HEARS_NOTHING, otherInstance } from './unfit-members.messages.js';
import { Validity } from './validity.js';

/** Milliseconds without an answer after which others go on without a member. */
const PATIENCE = 5000;

/** Looks in a patience. */
const LOOKS = 5;

/** Milliseconds between two tries to join again: at first, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2000;

/** The topic of the question by which a member makes itself known. */
const HELLO = 'hello';

/** The notice by which a member finds out whether it hears at all. */
const ECHO = 'echo';

/**
 * The other processes on the same tables: who they are, what they ask, and that they ended.
 *
 * Each has a connection of its own. It holds a lock there, which ends with it, so that the others see at
 * once when a process was killed; it hears there what they ask; and several times in a patience it shows
 * there that it lives. One that does not is suspected: others go on without it, and take from it what
 * they want. A process whose connection has ended was a member, and joins anew under another name.
 */
export class Members implements Messenger {
  /** All goes on after the request that begins something. */
  private readonly context = new ContextSnapshot();
  readonly patience: number;
  private readonly validity: Validity;
  private readonly questions = new Questions();
  private readonly known = new Map<string, SeenMember>();
  /** Those of them that were told of to `whenLinked()`. */
  private readonly linked = new Set<string>();
  private readonly onLinked: ((member: string) => void)[] = [];
  private readonly onUnlinked: ((member: string) => void)[] = [];
  private readonly notices: Batch<readonly [to: string, notice: string], void>;
  private writer = new NoticeWriter('');
  private readonly reader = new NoticeReader();
  private now?: Joined;
  private times = 0;
  private isClosed = true;
  private isJoining = false;
  private timer?: NodeJS.Timeout;
  private looking?: Promise<void>;
  private lookingNext?: Promise<void>;

  private told?: MembersObserver;
  private folder?: string;
  private heardEcho?: () => void;

  constructor(private readonly options: PostgresClusterOptions) {
    this.patience = options.patience ?? PATIENCE;
    this.validity = new Validity(this.patience);
    this.notices = new Batch((notices) => this.joined.table.notify(notices));
    this.answer(HELLO, () => this.welcome());
  }

  /** Tells what becomes of the members from now on; nothing does before `open()`. */
  tell(observer: MembersObserver): void {
    this.told = observer;
  }

  /** This process as a member; absent while it is none. */
  get current(): Joined | undefined {
    return this.now;
  }

  /** @throws RegistryUnavailableError while this process is no member */
  get joined(): Joined {
    if (this.now) return this.now;
    throw new RegistryUnavailableError();
  }

  /** Whether no other member is there, and none could be that this one does not know. */
  get areNone(): boolean {
    return this.now !== undefined && this.known.size === 0 && this.isValid;
  }

  /** Whether the others have not gone on without this one, for certain. */
  get isValid(): boolean {
    return this.validity.holds;
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  get others(): readonly string[] {
    return [...this.linked];
  }

  /** Joins the others. May be repeated when it failed. */
  async open(): Promise<void> {
    this.isClosed = false;
    try {
      await this.join();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.timer = this.context.run(() =>
      setInterval(() => this.lookSafely(), this.patience / LOOKS),
    );
    this.timer.unref();
  }

  /** Leaves the others. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    const { now } = this;
    this.end();
    this.known.clear();
    if (!now) return;
    // They would find it out by the end of the connection, too.
    await now.leases.dropAll().catch(() => undefined);
    await now.table.leave().catch(() => undefined);
    now.connection.close();
  }

  /**
   * Says where this member's uploads lie.
   *
   * @returns another one that lives and has them elsewhere
   */
  async share(folder: string): Promise<SeenMember | undefined> {
    this.folder = folder;
    await this.joined.table.share(folder);
    await this.look();
    return [...this.known.values()].find((other) => (other.folder ?? folder) !== folder);
  }

  answer(topic: string, answerer: (body: string, from: string) => Promise<string>): void {
    this.questions.answer(topic, answerer);
  }

  /** @throws RegistryUnavailableError when this process ends to be a member before there is an answer */
  async ask(to: string, topic: string, body = ''): Promise<string> {
    const { member } = this.joined;
    if (!this.known.has(to)) await this.look();
    const other = this.known.get(to);
    if (!other) throw new ProcessGoneError(to);
    if (other.suspected) throw new ProcessSilentError(to);
    return this.questions.ask(to, (number) =>
      this.send(to, { ask: number, from: member, topic, body }),
    );
  }

  whenMet(listener: () => void): void {
    this.whenLinked(listener);
  }

  whenLinked(listener: (member: string) => void): void {
    this.onLinked.push(listener);
  }

  whenGone(listener: (member: string) => void): void {
    this.onUnlinked.push(listener);
  }

  isSilent(member: string): boolean {
    return this.known.get(member)?.suspected ?? false;
  }

  /** Looks anew who is there: what has begun before may have seen less. */
  look(): Promise<void> {
    if (!this.looking) {
      this.looking = this.lookNow().finally(() => (this.looking = undefined));
      return this.looking;
    }
    this.lookingNext ??= this.looking
      .catch(() => undefined)
      .then(() => {
        this.lookingNext = undefined;
        return this.look();
      });
    return this.lookingNext;
  }

  private async join(): Promise<void> {
    const member = memberName(this.options.identity, ++this.times);
    const { pool, schema, instance = '' } = this.options;
    const connection = await this.options.connect({
      notified: (notification) => this.hear(notification),
      ended: (ended) => this.lose(ended),
    });
    const table = new MemberTable(connection, pool, schema, member);
    try {
      await table.listen();
      await this.assertHears(table);
      await table.join(instance, whereWeAre(), this.folder);
    } catch (error) {
      connection.close();
      throw error;
    }
    if (this.isClosed) return connection.close();
    this.writer = new NoticeWriter(member);
    this.now = {
      member,
      connection,
      table,
      leases: new LeaseTable(connection, pool, schema, member),
    };
    await this.look();
    this.refuseOtherInstance(instance);
    await this.greet();
  }

  /** Deliveries to the handlers of one would reach those of the other. */
  private refuseOtherInstance(instance: string): void {
    const other = [...this.known.values()].find((member) => member.instance !== instance);
    if (other) throw new UnfitDatabaseError(otherInstance(this.options.schema, other.instance));
  }

  /** What goes through a pooler of transactions hears nothing, and would leave a lock to others. */
  private async assertHears(table: MemberTable): Promise<void> {
    const heard = new Promise<void>((resolve) => (this.heardEcho = resolve));
    await table.notifyOwn(ECHO);
    if (!(await waitAtMost(this.patience, heard))) throw new UnfitDatabaseError(HEARS_NOTHING);
  }

  /** Has all others that live know of this one, so that none takes itself for alone. */
  private async greet(): Promise<void> {
    const greetings = [...this.known.keys()].map((member) => this.ask(member, HELLO));
    await waitAtMost(this.patience * 1.5, Promise.allSettled(greetings));
  }

  private async welcome(): Promise<string> {
    await this.look();
    this.told?.met();
    return '';
  }

  private lookSafely(): void {
    // What is wrong with the connection, that tells itself.
    if (this.now) void this.look().catch(() => undefined);
  }

  private async lookNow(): Promise<void> {
    const { now } = this;
    if (!now) throw new RegistryUnavailableError();
    const confirm = this.validity.begin();
    const look = await now.table.look(this.patience);
    if (this.now !== now) return;
    if (look.isWell) confirm();
    else await this.return(now);
    this.compare(look);
    for (const member of look.found) this.interrupt(member);
  }

  /** The others have gone on without this one. */
  private async return(now: Joined): Promise<void> {
    const confirm = this.validity.begin();
    if (!(await now.table.return())) {
      now.connection.close();
      this.lose(now.connection);
      throw new RegistryUnavailableError();
    }
    await this.told?.returned();
    if (this.now === now) confirm();
  }

  private compare({ others }: Look): void {
    const there = new Map(others.map((other) => [other.member, other]));
    for (const member of this.known.keys()) if (!there.has(member)) this.forget(member);
    for (const other of others) this.note(other);
  }

  private note(other: SeenMember): void {
    const { member, suspected } = other;
    const wasSuspected = this.known.get(member)?.suspected ?? false;
    this.known.set(member, other);
    if (!this.linked.has(member)) this.link(member);
    if (suspected === wasSuspected) return;
    const { observer } = this.options;
    if (!suspected) return observer?.answers(asMember(other));
    observer?.silent(asMember(other));
    this.questions.giveUp(new ProcessSilentError(member), member);
    this.told?.suspected(member);
  }

  private forget(member: string): void {
    this.known.delete(member);
    this.reader.forget(member);
    this.questions.giveUp(new ProcessGoneError(member), member);
    this.unlink(member);
    this.told?.gone(member);
  }

  private link(member: string): void {
    this.linked.add(member);
    for (const listener of this.onLinked) listener(member);
  }

  private unlink(member: string): void {
    if (!this.linked.delete(member)) return;
    for (const listener of this.onUnlinked) listener(member);
  }

  private interrupt(member: string): void {
    const application = this.options.applicationOf?.(identityOf(member));
    if (application === undefined) return;
    // The database ends by itself what is idle in a transaction.
    this.now?.table.interrupt(member, application).catch(() => undefined);
  }

  private lose(connection: OwnConnection): void {
    if (this.now?.connection !== connection) return;
    this.end();
    this.told?.left();
    if (this.isClosed || this.isJoining) return;
    this.isJoining = true;
    this.context.run(() => void this.joinAgain().finally(() => (this.isJoining = false)));
  }

  private end(): void {
    this.now = undefined;
    this.validity.end();
    for (const member of this.linked) this.unlink(member);
    this.questions.giveUp(new RegistryUnavailableError());
  }

  private async joinAgain(): Promise<void> {
    for (let time = FIRST_PAUSE; !this.isClosed; time = Math.min(time * 2, LONGEST_PAUSE)) {
      await pause(time, undefined, { ref: false });
      // What is wrong, the pool tells.
      if (!this.isClosed) await this.join().catch(() => undefined);
      if (!this.now) continue;
      this.told?.joinedAgain();
      return this.told?.met();
    }
  }

  private send(to: string, message: Question | Answer): Promise<unknown> {
    const notices = this.writer.write(message);
    return Promise.all(notices.map((notice) => this.notices.add([to, notice])));
  }

  private hear({ payload = '' }: PgNotification): void {
    if (payload === ECHO) return this.heardEcho?.();
    const message = this.reader.read(payload) as Question | Answer | undefined;
    if (!message) return;
    if ('ask' in message) void this.context.run(() => this.answerTo(message));
    else this.questions.take(message);
  }

  private async answerTo(question: Question): Promise<void> {
    const answer = await this.questions.answerTo(question);
    // Who asked has lost its answer only where one of both has lost its connection.
    await this.send(question.from, answer).catch(() => undefined);
  }
}
