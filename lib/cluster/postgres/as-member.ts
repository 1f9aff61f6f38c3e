import type { Member } from '../cluster.interface.js';
import { identityOf, whereWeAre } from './member-name.js';
import type { SeenMember } from './member-table.js';

/** A member as people, and the rooms above, know it. */
export function asMember({
  member,
  place,
  pid,
}: Pick<SeenMember, 'member' | 'place' | 'pid'>): Member {
  const isHere = place !== '' && place === whereWeAre().place;
  return { identity: identityOf(member), ...(isHere && { pid }) };
}
