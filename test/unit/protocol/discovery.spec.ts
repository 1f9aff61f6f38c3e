import { ALL_EXTENSIONS, discoveryHeaders } from '../../../lib/protocol/index.js';

describe('discoveryHeaders', () => {
  it('lists version, extensions in their order, and limit', () => {
    const extensions = new Set([...ALL_EXTENSIONS].reverse());
    expect(discoveryHeaders({ extensions, maxSize: 100 })).toEqual({
      'Tus-Resumable': '1.0.0',
      'Tus-Version': '1.0.0',
      'Tus-Extension':
        'creation,creation-with-upload,creation-defer-length,expiration,checksum,' +
        'checksum-trailer,termination,concatenation',
      'Tus-Checksum-Algorithm': 'sha1,sha256,sha512,md5,crc32',
      'Tus-Max-Size': '100',
    });
  });

  it('lists only what is offered', () => {
    const headers = discoveryHeaders({ extensions: new Set(['termination', 'creation'] as const) });
    expect(headers['Tus-Extension']).toBe('creation,termination');
    expect(headers).not.toHaveProperty('Tus-Checksum-Algorithm');
  });

  it('leaves out extensions where there are none, and the limit where there is none', () => {
    expect(discoveryHeaders({ extensions: new Set() })).toEqual({
      'Tus-Resumable': '1.0.0',
      'Tus-Version': '1.0.0',
    });
  });

  it('tells a limit of zero', () => {
    expect(discoveryHeaders({ extensions: new Set(), maxSize: 0 })['Tus-Max-Size']).toBe('0');
  });
});
