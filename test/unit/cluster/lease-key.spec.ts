import {
  answerKey,
  CLEANUP_KEY,
  creationKey,
  uploadIdOf,
  uploadKey,
} from '../../../lib/cluster/index.js';

const ID = 'a'.repeat(32);

describe('The keys of leases', () => {
  it('are what processes of earlier versions take them for', () => {
    expect(uploadKey(ID)).toBe(ID);
    expect(answerKey(ID)).toBe(`${ID}.answer`);
    expect(creationKey(ID)).toBe(`${ID}.new`);
    expect(CLEANUP_KEY).toBe('.cleanup');
  });

  it('are of an upload, or of none, and never of another one', () => {
    expect(uploadIdOf(uploadKey(ID))).toBe(ID);
    for (const key of [answerKey(ID), creationKey(ID), CLEANUP_KEY]) {
      expect(uploadIdOf(key)).toBeUndefined();
    }
  });
});
