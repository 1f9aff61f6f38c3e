import { progressHeaders, statusHeaders } from '../../../lib/protocol/index.js';

const EXPIRES_AT = Date.UTC(2014, 5, 25, 16, 0, 0);

describe('statusHeaders', () => {
  it('tells everything known of an upload', () => {
    const status = { offset: 5, length: 10, metadata: 'b djE= ,a', expiresAt: EXPIRES_AT };
    expect(statusHeaders(status)).toEqual({
      'Upload-Offset': '5',
      'Upload-Length': '10',
      'Upload-Metadata': 'b djE= ,a',
      'Upload-Expires': 'Wed, 25 Jun 2014 16:00:00 GMT',
      'Cache-Control': 'no-store',
    });
  });

  it('says that the length is deferred, and no length', () => {
    expect(statusHeaders({ offset: 0 })).toEqual({
      'Upload-Offset': '0',
      'Upload-Defer-Length': '1',
      'Cache-Control': 'no-store',
    });
  });

  it('tells a length and an offset of zero', () => {
    expect(statusHeaders({ offset: 0, length: 0 })).toMatchObject({
      'Upload-Offset': '0',
      'Upload-Length': '0',
    });
  });
});

describe('progressHeaders', () => {
  it('tells the offset, and when the upload expires if it does', () => {
    expect(progressHeaders({ offset: 0 })).toEqual({ 'Upload-Offset': '0' });
    expect(progressHeaders({ offset: 7, expiresAt: EXPIRES_AT })).toEqual({
      'Upload-Offset': '7',
      'Upload-Expires': 'Wed, 25 Jun 2014 16:00:00 GMT',
    });
  });
});
