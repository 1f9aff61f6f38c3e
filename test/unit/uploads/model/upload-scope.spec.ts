import { endsWith, isComplete, isWithin, takeSnapshot } from '../../../../lib/uploads/index.js';
import { uploadRecord } from '../../registry/records.js';

describe('isWithin', () => {
  it('takes a record that names no protocol for one of tus', () => {
    const record = uploadRecord();
    expect(isWithin({}, record)).toBe(true);
    expect(isWithin({ protocol: 'tus' }, record)).toBe(true);
    expect(isWithin({ protocol: 'ietf' }, record)).toBe(false);
  });

  it('keeps uploads of the other protocol apart, unless any is asked for', () => {
    const record = uploadRecord({ protocol: 'ietf' });
    expect(isWithin({}, record)).toBe(true);
    expect(isWithin({ protocol: 'ietf' }, record)).toBe(true);
    expect(isWithin({ protocol: 'tus' }, record)).toBe(false);
  });
});

describe('endsWith', () => {
  const derived = uploadRecord({ length: 5 });
  const explicit = uploadRecord({ length: 5, terms: { endsExplicitly: true } });
  const open = uploadRecord({ length: undefined, terms: { endsExplicitly: true } });

  it('goes by the length, unless the client is to say so', () => {
    expect(endsWith(derived, 5)).toBe(true);
    expect(endsWith(derived, 4)).toBe(false);
    expect(endsWith(explicit, 5)).toBe(false);
  });

  it('goes by what the client says, within the length that is known', () => {
    expect(endsWith(explicit, 5, true)).toBe(true);
    expect(endsWith(explicit, 4, true)).toBe(false);
    expect(endsWith(open, 4, true)).toBe(true);
    expect(endsWith(open, 4)).toBe(false);
  });

  it('leaves an upload unfinished that its client has not ended, with all bytes there', () => {
    const all = { size: 5, flushed: 5, modifiedAt: 0 };
    expect(isComplete(takeSnapshot(derived, all))).toBe(true);
    expect(isComplete(takeSnapshot(explicit, all))).toBe(false);
  });
});
