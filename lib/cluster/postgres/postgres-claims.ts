import { RegistryUnavailableError } from '../../errors/index.js';
import type { Claims, Renew, Reserve, Reserved } from '../cluster.interface.js';
import { leaseKeyOf, type LeaseKey } from '../lease-key.js';
import { ProcessGoneError, ProcessSilentError } from '../telling/index.js';
import type { LeaseRow, LeaseTable } from './lease-table.js';
import { hasEnded, identityOf } from './member-name.js';
import { isSameProcess } from './member-table.js';
import { asMember } from './as-member.js';
import type { Joined } from './members.interface.js';
import type { Members } from './members.js';

/** The topic of the question for a key. */
const TOPIC = 'claim';

/** The answer of a holder who keeps what it has; every other one means: look again. */
const REFUSED = 'refused';

/** What stands for a key that no one has here. */
const NOTHING: Reserved = { release: () => undefined };

/** What this process has of a key. */
interface Held {
  /** Of its lease. */
  readonly epoch: number;
  /** Resolves when the others can see it; absent: they can. */
  readonly written?: Promise<void>;
}

/**
 * Which process holds which key: a row in the database for each, with an epoch.
 *
 * Who wants a key takes it in one statement where it is free, and asks its holder where it is not. What a
 * holder has that ended, or that the others go on without, is taken from it: first the row gets the next
 * epoch, and the record of the upload with it, then what the key stands for is renewed.
 */
export class PostgresClaims implements Claims {
  private readonly held = new Map<LeaseKey, Held>();
  private readonly running = new Map<LeaseKey, Promise<boolean>>();
  private readonly trying = new Set<LeaseKey>();
  /** What was taken from this process until those who had it here have let go. */
  private readonly lost = new Set<LeaseKey>();
  private reserve: Reserve = () => Promise.resolve(NOTHING);
  private renew: Renew = () => Promise.resolve();
  private tellLost: (key: LeaseKey) => void = () => undefined;

  constructor(private readonly members: Members) {
    members.answer(TOPIC, (key, from) => this.handOver(leaseKeyOf(key), from));
  }

  get isAlone(): boolean {
    return this.members.areNone;
  }

  hasLost(key: LeaseKey): boolean {
    return this.lost.has(key) || (this.held.has(key) && !this.members.isValid);
  }

  isHeldElsewhere(key: LeaseKey): boolean | Promise<boolean> {
    if (this.lost.has(key)) return true;
    if (this.isAlone) return false;
    return this.members.current?.leases.isElsewhere(key) ?? true;
  }

  claim(key: LeaseKey): Promise<boolean> | undefined {
    const running = this.running.get(key);
    if (running) return running;
    this.lost.delete(key);
    if (this.held.has(key) && this.members.isValid) return undefined;
    const winning = this.win(key).finally(() => this.running.delete(key));
    this.running.set(key, winning);
    return winning;
  }

  /** @throws RegistryUnavailableError while this process is no member */
  claimNew(key: LeaseKey): boolean {
    if (!this.members.isOpen) return false;
    const { leases } = this.members.joined;
    const written = leases.take(key).then((row) => this.noteWritten(key, leases, row));
    // Those who would wait for it are told.
    written.catch(() => this.lose(key));
    this.held.set(key, { epoch: 0, written });
    return true;
  }

  async tryClaim(key: LeaseKey): Promise<boolean> {
    this.lost.delete(key);
    const { current: now } = this.members;
    if (!now) return false;
    this.trying.add(key);
    try {
      return await this.tryToTake(key, now);
    } finally {
      this.trying.delete(key);
    }
  }

  release(key: LeaseKey): void {
    this.lost.delete(key);
    if (this.held.delete(key)) this.members.current?.leases.drop(key);
  }

  onWanted(reserve: Reserve): void {
    this.reserve = reserve;
  }

  onFence(renew: Renew): void {
    this.renew = renew;
  }

  onLost(listener: (key: LeaseKey) => void): void {
    this.tellLost = listener;
  }

  /** The epoch of the lease that this process has of a key. */
  epochOf(key: LeaseKey): number | undefined {
    return this.held.get(key)?.epoch;
  }

  /** Resolves when all others can see that this process has a key; absent: they can. */
  written(key: LeaseKey): Promise<void> | undefined {
    return this.held.get(key)?.written;
  }

  /**
   * All of it is others' as soon as they want it.
   *
   * @returns how many keys
   */
  loseAll(): number {
    const { size } = this.held;
    for (const key of this.held.keys()) this.lose(key);
    return size;
  }

  /**
   * Finds what others have taken.
   *
   * @returns how many keys
   */
  async learn({ leases }: Joined): Promise<number> {
    const keys = [...this.held].filter(([, { written }]) => !written).map(([key]) => key);
    const ours = await leases.heldOf(keys);
    const taken = keys.filter((key) => this.held.has(key) && !ours.has(key));
    for (const key of taken) this.lose(key);
    return taken.length;
  }

  private async tryToTake(key: LeaseKey, now: Joined): Promise<boolean> {
    for (;;) {
      const row = await now.leases.take(key);
      if (!row) continue;
      if (row.holder === now.member) return this.keep(key, now, row);
      if (!mayBeTaken(row)) return false;
      await this.takeOver(key, now, row);
    }
  }

  private async win(key: LeaseKey): Promise<boolean> {
    if (!this.members.isOpen) return false;
    const now = this.members.joined;
    if (this.held.has(key)) return this.findAgain(key);
    for (;;) {
      const row = await now.leases.take(key);
      if (row?.holder === now.member) return this.keep(key, now, row);
      if (row && !(await this.askFor(key, now, row))) return false;
      if (!this.members.isOpen) return false;
    }
  }

  /** This process has a key, and may have been too slow. */
  private async findAgain(key: LeaseKey): Promise<boolean> {
    await this.members.look();
    return this.held.has(key) || this.win(key);
  }

  /** @returns whether it is worth while to look at the row again */
  private async askFor(key: LeaseKey, now: Joined, row: LeaseRow): Promise<boolean> {
    if (mayBeTaken(row)) return this.takeOver(key, now, row).then(() => true);
    try {
      return (await this.members.ask(row.holder, TOPIC, key)) !== REFUSED;
    } catch (error) {
      if (error instanceof ProcessGoneError || error instanceof ProcessSilentError) return true;
      throw error;
    }
  }

  private async takeOver(key: LeaseKey, now: Joined, { holder }: LeaseRow): Promise<void> {
    const found = await now.table.find(holder);
    const isHarmless =
      isSameProcess(holder, now.member) || (found !== undefined && hasEnded(found));
    await now.leases.takeOver(key, holder, isHarmless);
  }

  /**
   * Keeps a key that is this member's by now, once whom it was taken from can do no harm.
   *
   * @returns whether it is still
   */
  private async keep(key: LeaseKey, now: Joined, row: LeaseRow): Promise<boolean> {
    if (row.former !== null && !(await this.fence(key, now, row))) return this.win(key);
    if (this.members.current !== now) throw new RegistryUnavailableError();
    this.held.set(key, { epoch: row.epoch });
    return true;
  }

  /** @returns whether the key is this member's still */
  private async fence(key: LeaseKey, now: Joined, { former, epoch }: LeaseRow): Promise<boolean> {
    const member = former ?? '';
    const found = await now.table.find(member);
    const suspect = found ? asMember({ member, ...found }) : undefined;
    await this.renew(key, suspect ?? { identity: identityOf(member) });
    return now.leases.settle(key, epoch);
  }

  private noteWritten(key: LeaseKey, leases: LeaseTable, row: LeaseRow | undefined): void {
    const { current: now } = this.members;
    const held = this.held.get(key);
    if (!held || now?.leases !== leases) return;
    if (row?.holder === now.member) this.held.set(key, { epoch: row.epoch });
    else this.lose(key);
  }

  private lose(key: LeaseKey): void {
    if (!this.held.delete(key)) return;
    this.lost.add(key);
    this.tellLost(key);
  }

  private async handOver(key: LeaseKey, to: string): Promise<string> {
    // It was given back, and the row is about to go.
    const isIdle = !this.held.has(key) && !this.running.has(key) && !this.trying.has(key);
    const reserved = isIdle ? NOTHING : await this.reserve(key);
    if (!reserved) return REFUSED;
    try {
      this.held.delete(key);
      await this.members.joined.leases.pass(key, to);
      return 'passed';
    } finally {
      reserved.release();
    }
  }
}

function mayBeTaken({ isGone, isSuspected }: LeaseRow): boolean {
  return isGone || isSuspected;
}
