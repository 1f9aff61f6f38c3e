import type { DeliveryOutcome, DeliveryRecord } from './delivery-record.interface.js';

/** A waiting delivery that a holder has begun to run. */
export function taken(waiting: DeliveryRecord, holder: string, now: number): DeliveryRecord {
  const attempt = waiting.attempt + 1;
  return { ...waiting, state: 'running', attempt, holder, startedAt: now };
}

/** A running delivery whose attempt has ended, and that stays. */
export function settled(
  running: DeliveryRecord,
  outcome: Exclude<DeliveryOutcome, { kind: 'done' }>,
): DeliveryRecord {
  const { error } = outcome;
  const row = withoutHolder(running);
  const attempt = outcome.isUncounted ? row.attempt - 1 : row.attempt;
  if (outcome.kind === 'dead') return { ...row, attempt, state: 'dead', error };
  return { ...row, attempt, state: 'waiting', dueAt: outcome.dueAt, error };
}

/** A dead delivery that has all its attempts before it again. */
export function revived(dead: DeliveryRecord, now: number): DeliveryRecord {
  const { lost: _, ...row } = dead;
  return { ...row, state: 'waiting', dueAt: now, forgiven: row.attempt };
}

/** A running delivery whose holder is gone. */
export function released(running: DeliveryRecord, now: number): DeliveryRecord {
  const { lost = 0, ...row } = withoutHolder(running);
  return { ...row, state: 'waiting', dueAt: now, lost: lost + 1 };
}

function withoutHolder(row: DeliveryRecord): DeliveryRecord {
  const { holder: _holder, startedAt: _startedAt, ...rest } = row;
  return rest;
}
