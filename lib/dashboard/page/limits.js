import { byId, pairsIn } from './dom.js';
import * as format from './format.js';

/** What all uploads take, what each owner may have, and the room that is left. */
export class Limits {
  constructor() {
    this.items = pairsIn(byId('limits-list'));
  }

  show({ capacity }) {
    const { usage, quota, room } = capacity;
    this.items.show([
      ['All uploads', `${format.counted(usage.uploads, 'upload')}, ${format.bytes(usage.bytes)}`],
      [
        'Unfinished of them',
        `${format.counted(usage.unfinished, 'upload')}, ${format.bytes(usage.pending)} when whole`,
      ],
      ['Quota of each owner', quotaText(quota)],
      ['Room on the disk', room === undefined ? 'This storage cannot tell.' : format.bytes(room)],
    ]);
  }
}

/** What one owner has, and may have. */
export function usageText(owner, { usage, quota }) {
  const has = `${format.counted(usage.uploads, 'upload')} with ${format.bytes(usage.bytes)}`;
  const some = `${format.count(usage.unfinished)} unfinished`;
  return `${owner} has ${has}, ${some}. Quota: ${quotaText(quota)}`;
}

function quotaText(quota) {
  if (quota === undefined) return 'None is set.';
  if (quota === 'by-request') return 'A function of the app tells it for each creation.';
  const { bytes, uploads, concurrent } = quota;
  const parts = [
    isLimit(bytes) && format.bytes(bytes),
    isLimit(uploads) && format.counted(uploads, 'upload'),
    isLimit(concurrent) && `${format.count(concurrent)} unfinished at a time`,
  ].filter(Boolean);
  return parts.length === 0 ? 'None is set.' : `${parts.join(', ')}.`;
}

/** JSON has no infinity. */
function isLimit(value) {
  return value !== undefined && value !== null;
}
