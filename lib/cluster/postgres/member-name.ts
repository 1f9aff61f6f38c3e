import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A name that no other process has. */
export function newIdentity(): string {
  return randomBytes(12).toString('hex');
}

/**
 * What a process is called each time it joins: what it had under its earlier name counts no more.
 *
 * @param time counted from 1 on
 */
export function memberName(identity: string, time: number): string {
  return `${identity}.${time}`;
}

/** The process that a member is, or was. */
export function identityOf(member: string): string {
  const [identity = member] = member.split('.', 1);
  return identity;
}

/** The channel on which a member is notified. */
export function channelOf(member: string): string {
  return `tus.${member}`;
}

/** Where this process runs. */
export interface Where {
  /** For people. */
  readonly host: string;
  /** Where a process id means the same process: one start of a system, one PID namespace. */
  readonly place: string;
  readonly pid: number;
}

export function whereWeAre(): Where {
  return { host: hostname(), place: placeOfProcess(), pid: process.pid };
}

/** Whether a process has ended for certain, as far as it can be told from here. */
export function hasEnded({ place, pid }: Pick<Where, 'place' | 'pid'>): boolean {
  if (place === '' || place !== placeOfProcess()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Empty where the system does not tell. */
function placeOfProcess(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
