import { isOffsetOctetStream } from '../../../lib/protocol/index.js';

describe('isOffsetOctetStream', () => {
  it.each([
    'application/offset+octet-stream',
    'Application/Offset+Octet-Stream',
    ' application/offset+octet-stream ',
    'application/offset+octet-stream;charset=utf-8',
    'application/offset+octet-stream ; charset="a;b"',
    'application/offset+octet-stream;',
  ])('accepts %j', (contentType) => {
    expect(isOffsetOctetStream(contentType)).toBe(true);
  });

  it.each([
    undefined,
    '',
    ';',
    'application/octet-stream',
    'application/offset octet-stream',
    'application/offset+octet-streams',
    'xapplication/offset+octet-stream',
    'application/offset+octet-stream, application/offset+octet-stream',
    'text/plain; application/offset+octet-stream',
    'application/x-www-form-urlencoded',
  ])('does not accept %j', (contentType) => {
    expect(isOffsetOctetStream(contentType)).toBe(false);
  });
});
