import { randomBytes } from 'node:crypto';
import type { Member } from '../cluster.interface.js';

/** It becomes a file name, and only others say that it is theirs. */
const IDENTITY = /^[0-9a-f]{32}(?:-(\d{1,20}))?(?:\.(\d{1,10}))?$/;

/**
 * A name that no other process has: random, with the number of its PID namespace, if any, and with its
 * process id, which is for people.
 */
export function newIdentity(namespace: string | undefined): string {
  const random = randomBytes(16).toString('hex');
  return `${random}${namespace === undefined ? '' : `-${namespace}`}.${process.pid}`;
}

/** Whether a process may call itself so. */
export function isIdentity(name: string): boolean {
  return IDENTITY.test(name);
}

/** The number of the PID namespace that an identity notes; `undefined` when it notes none. */
export function namespaceOf(identity: string): string | undefined {
  return IDENTITY.exec(identity)?.[1];
}

/** What an identity says of its process. */
export function memberOf(identity: string): Member {
  const pid = IDENTITY.exec(identity)?.[2];
  return { identity, ...(pid !== undefined && { pid: Number(pid) }) };
}
