import { COMPLETE, REFUSED } from './crash-point.js';
import type { CrashPoint } from './crash-point.js';
import { ENDPOINT_POINTS } from './endpoint-points.js';
import { IETF_POINTS } from './ietf-points.js';

const RECEIVED: CrashPoint[] = [
  {
    died: 'after the last byte was written, before it was synced',
    at: 'before sync',
    told: COMPLETE,
    calls: '† asked called 1 returned 1',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'after the bytes were synced, before the hook was asked',
    at: 'after sync',
    told: COMPLETE,
    calls: '† asked called 1 returned 1',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'while the hook was asked',
    at: 'in the hook',
    told: COMPLETE,
    calls: 'asked † asked called 1 returned 1',
    state: 'finished',
    left: 'uploads/<id>',
  },
];

const ACCEPTED: CrashPoint[] = [
  {
    died: 'after the hook accepted, before the file was placed at its path',
    at: 'before place',
    with: { path: 'placed/unplaced' },
    told: COMPLETE,
    calls: 'asked † asked called 1 returned 1',
    state: 'finished',
    left: 'uploads/placed/unplaced',
  },
  {
    died: 'after the file was placed, before the finish was committed',
    at: 'before finished',
    with: { path: 'placed/uncommitted' },
    told: COMPLETE,
    calls: 'asked † asked called 1 returned 1',
    state: 'finished',
    left: 'uploads/placed/uncommitted',
  },
  {
    died: 'after the file was placed, and the hook refuses when it is asked again',
    at: 'before finished',
    with: { path: 'placed/refused', verdict: 'refuse later' },
    told: REFUSED,
    calls: 'asked † asked',
    state: 'terminated',
    left: '',
  },
  {
    died: 'after a final upload was placed, before its finish was committed',
    at: 'before finished',
    inParts: true,
    with: { path: 'placed/final' },
    told: 'HEAD 410, PATCH 403 A final upload takes no bytes of its own.',
    calls: 'asked †',
    state: 'expired',
    left: '',
  },
  {
    died: 'after the commit, before the old name was removed',
    at: 'before removal',
    with: { path: 'placed/twice' },
    told: COMPLETE,
    calls: 'asked † called 1 returned 1',
    state: 'finished',
    left: 'uploads/placed/twice',
  },
  {
    died: 'after commit and delivery, before the answer',
    at: 'after close|after done',
    told: COMPLETE,
    calls: 'asked called 1 returned 1 †',
    state: 'finished',
    left: 'uploads/<id>',
  },
];

const DELIVERED: CrashPoint[] = [
  {
    died: 'after the commit, before the handler was called',
    at: 'after finished',
    told: COMPLETE,
    calls: 'asked † called 2 returned 2',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'in the middle of a handler',
    at: 'in the handler',
    told: COMPLETE,
    calls: 'asked called 1 † called 2 returned 2',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'while a handler that had thrown waited for its next attempt',
    at: 'after retry',
    with: { failures: '1' },
    told: COMPLETE,
    calls: 'asked called 1 † called 2 returned 2',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'after the handler returned, before that was stored',
    at: 'before done',
    told: COMPLETE,
    calls: 'asked called 1 returned 1 † called 2 returned 2',
    state: 'finished',
    left: 'uploads/<id>',
  },
  {
    died: 'after the handler moved the file, before that was stored',
    at: 'after move',
    with: { moves: 'by the handler' },
    told: COMPLETE,
    calls: 'asked called 1 † called 2 returned 2',
    state: 'finished',
    left: 'moved/by the handler',
  },
  {
    died: 'after the outcome was stored, before the delivered file was removed',
    at: 'after done',
    to: '/removing',
    told: COMPLETE,
    calls: 'asked called 1 returned 1 †',
    state: 'finished',
    left: '',
  },
  {
    died: 'while the delivered file was removed',
    at: 'after removed',
    to: '/removing',
    told: COMPLETE,
    calls: 'asked called 1 returned 1 †',
    state: 'finished',
    left: '',
  },
];

const TURNED_DOWN: CrashPoint[] = [
  {
    died: 'after a refusal was decided, before it was stored',
    at: 'before terminated',
    with: { verdict: 'refuse' },
    told: REFUSED,
    calls: 'asked † asked',
    state: 'terminated',
    left: '',
  },
  {
    died: 'after a refusal was stored, before the bytes were removed',
    at: 'before removal',
    with: { verdict: 'refuse' },
    told: REFUSED,
    calls: 'asked †',
    state: 'terminated',
    left: '',
  },
  {
    died: 'after a quarantine was decided, before it was stored',
    at: 'before quarantined',
    with: { verdict: 'quarantine' },
    told: REFUSED,
    calls: 'asked † asked',
    state: 'quarantined',
    left: 'uploads/<id>',
  },
  {
    died: 'after a quarantine was stored, before the client was told',
    at: 'after quarantined',
    with: { verdict: 'quarantine' },
    told: REFUSED,
    calls: 'asked †',
    state: 'quarantined',
    left: 'uploads/<id>',
  },
];

/** Holds up all other deliveries, so its upload must be the last to come. */
const UNCLAIMED: CrashPoint = {
  died: 'after a handler had thrown, before it was called again',
  at: 'before claim',
  with: { failures: '1' },
  told: COMPLETE,
  calls: 'asked called 1 † called 2 returned 2',
  state: 'finished',
  left: 'uploads/<id>',
};

/** Every step of a finish at which a process may die. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  ...RECEIVED,
  ...ACCEPTED,
  ...DELIVERED,
  ...TURNED_DOWN,
  ...ENDPOINT_POINTS,
  ...IETF_POINTS,
  UNCLAIMED,
];
