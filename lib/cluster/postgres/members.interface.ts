import type { OwnConnection } from '../../postgres/index.js';
import type { LeaseTable } from './lease-table.js';
import type { MemberTable } from './member-table.js';

/** This process as one of the members: what it is called, and its way to the tables. */
export interface Joined {
  readonly member: string;
  readonly connection: OwnConnection;
  readonly table: MemberTable;
  readonly leases: LeaseTable;
}

/** Told of what becomes of the members. */
export interface MembersObserver {
  /** Another one has joined, or this one has joined again. */
  met(): void;
  /** This one has ended to be a member: what it had is others' as soon as they want it. */
  left(): void;
  /** This one has joined again. */
  joinedAgain(): void;
  /** The others have gone on without this one; resolves once it knows what they have taken from it. */
  returned(): Promise<void>;
  /** Another one has ended. */
  gone(member: string): void;
  /** The others go on without another one. */
  suspected(member: string): void;
}
