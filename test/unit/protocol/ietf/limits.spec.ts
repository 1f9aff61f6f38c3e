import {
  formatLimits,
  ietfDiscoveryHeaders,
  ietfStatusHeaders,
  profileOf,
} from '../../../../lib/protocol/index.js';

describe('formatLimits', () => {
  it('is never empty', () => {
    expect(formatLimits({}, profileOf(8)!, {})).toBe('min-size=0');
  });

  it('says sizes in bytes and times in whole seconds, by the name of the version', () => {
    const limits = { maxSize: 100, validFor: 86_400_500 };
    expect(formatLimits(limits, profileOf(8)!, {})).toBe('max-size=100, max-age=86400');
    expect(formatLimits(limits, profileOf(6)!, {})).toBe('max-size=100, expires=86400');
    expect(formatLimits(limits, profileOf(5)!, {})).toBeUndefined();
  });

  it('says what bounds single requests', () => {
    const sizes = { maxAppendSize: 100, minAppendSize: 5 };
    expect(formatLimits({}, profileOf(8)!, sizes)).toBe('max-append-size=100, min-append-size=5');
  });

  it('says no number of more than 15 digits', () => {
    expect(formatLimits({ maxSize: 2 ** 53 - 1 }, profileOf(8)!, {})).toBe(
      'max-size=999999999999999',
    );
  });
});

describe('ietfStatusHeaders', () => {
  it('says where an upload stands, by the names of the version', () => {
    const status = { offset: 5, isComplete: false, length: 9 };
    expect(ietfStatusHeaders(status, { profile: profileOf(8)!, sizes: {} })).toEqual({
      'Upload-Offset': '5',
      'Upload-Complete': '?0',
      'Upload-Length': '9',
      'Upload-Limit': 'min-size=0',
    });
    expect(ietfStatusHeaders(status, { profile: profileOf(3)!, sizes: {} })).toEqual({
      'Upload-Offset': '5',
      'Upload-Incomplete': '?1',
      'Upload-Length': '9',
    });
  });
});

describe('ietfDiscoveryHeaders', () => {
  it('names the types of appends that are taken', () => {
    const rules = { versions: [8], informational: true, besideTus: false, sizes: {} };
    expect(ietfDiscoveryHeaders({ maxSize: 5 }, rules, ['OPTIONS', 'POST'])).toEqual({
      'Upload-Limit': 'max-size=5',
      'Accept-Patch': 'application/partial-upload',
      Allow: 'OPTIONS, POST',
    });
    expect(ietfDiscoveryHeaders({}, { ...rules, besideTus: true }, [])['Accept-Patch']).toBe(
      'application/partial-upload, application/offset+octet-stream',
    );
  });
});
