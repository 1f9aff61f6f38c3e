import {
  mergeTokens,
  TUS_ALLOWED_HEADERS,
  TUS_CORS_METHODS,
  TUS_EXPOSED_HEADERS,
} from '../../../lib/protocol/index.js';

describe('the CORS lists', () => {
  it.each([
    ['methods', TUS_CORS_METHODS, ['POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS']],
    [
      'allowed headers',
      TUS_ALLOWED_HEADERS,
      [
        'Content-Type',
        'X-HTTP-Method-Override',
        'Tus-Resumable',
        'Upload-Length',
        'Upload-Offset',
        'Upload-Metadata',
        'Upload-Defer-Length',
      ],
    ],
    [
      'exposed headers',
      TUS_EXPOSED_HEADERS,
      [
        'Location',
        'Tus-Resumable',
        'Tus-Version',
        'Tus-Extension',
        'Tus-Max-Size',
        'Upload-Offset',
        'Upload-Length',
        'Upload-Metadata',
        'Upload-Defer-Length',
        'Upload-Expires',
      ],
    ],
  ])('have the %s a tus client needs, each once', (_, list, needed) => {
    expect(list).toEqual(expect.arrayContaining(needed));
    expect(new Set(list.map((name) => name.toLowerCase())).size).toBe(list.length);
  });
});

describe('mergeTokens', () => {
  it.each<[string | undefined, string[], string]>([
    [undefined, ['A', 'B'], 'A, B'],
    ['', ['A'], 'A'],
    ['X,  Y', ['A'], 'X, Y, A'],
    ['location, X', ['Location', 'A'], 'location, X, A'],
    ['X, x, , X', [], 'X'],
    ['*', ['A'], '*, A'],
    ['__proto__', ['constructor', '__PROTO__'], '__proto__, constructor'],
    [undefined, [], ''],
  ])('adds to %j what is missing of %j', (current, add, merged) => {
    expect(mergeTokens(current, add)).toBe(merged);
  });
});
