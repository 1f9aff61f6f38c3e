import { formatExpires } from '../../../lib/protocol/index.js';

describe('formatExpires', () => {
  it.each([
    [Date.UTC(2014, 5, 25, 16, 0, 0), 'Wed, 25 Jun 2014 16:00:00 GMT'],
    [Date.UTC(2026, 0, 1, 0, 0, 0, 999), 'Thu, 01 Jan 2026 00:00:00 GMT'],
    [0, 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ])('writes %d as an HTTP date', (time, text) => {
    expect(formatExpires(time)).toBe(text);
  });
});
