import {
  mayMeet,
  samplePath,
  serves,
  titleOf,
  type ExpressLayer,
} from '../../../../lib/http/platform/express-layer.js';

function layer(path: string, ...verbs: string[]): ExpressLayer {
  const methods = Object.fromEntries(verbs.map((verb) => [verb, true]));
  return { route: { path, methods, stack: [] }, match: (asked) => asked === path };
}

describe('serves()', () => {
  it('knows a route by method and path', () => {
    expect(serves(layer('/a', 'get'), 'get', '/a')).toBe(true);
    expect(serves(layer('/a', 'get'), 'get', '/b')).toBe(false);
    expect(serves(layer('/a', 'get'), 'post', '/a')).toBe(false);
  });

  it('knows that a route for GET gets HEAD', () => {
    expect(serves(layer('/a', 'get'), 'head', '/a')).toBe(true);
    expect(serves(layer('/a', 'post'), 'head', '/a')).toBe(false);
  });
});

describe('mayMeet()', () => {
  it.each([
    ['/files/:id', '/files/import'],
    ['/files/:id', '/Files/:name/info'],
    ['/files/:id', '/*path'],
    ['/files/:id', '/:page'],
    ['/files/:id', '{/:locale}/page'],
    ['/files/:id', '/'],
    ['/:tenant/files/:id', '/users/:id'],
  ])('says that one path may be for %s and %s', (one, other) => {
    expect(mayMeet(layer(one), layer(other))).toBe(true);
    expect(mayMeet(layer(other), layer(one))).toBe(true);
  });

  it.each([
    ['/files/:id', '/users/:id'],
    ['/files/:id', '/api/*path'],
    ['/api/files/:id', '/files/:id'],
  ])('says that no path is for %s and %s', (one, other) => {
    expect(mayMeet(layer(one), layer(other))).toBe(false);
    expect(mayMeet(layer(other), layer(one))).toBe(false);
  });
});

describe('samplePath()', () => {
  const id = '0'.repeat(32);

  it.each([
    ['/files', '/files'],
    ['/:tenant/files/:id', `/${id}/files/${id}`],
    ['{/:locale}/files/*"the rest"', `/${id}/files/${id}`],
  ])('is one that %s serves', (path, expected) => {
    expect(samplePath(layer(path))).toBe(expected);
  });
});

describe('titleOf()', () => {
  it('tells method and path', () => {
    expect(titleOf(layer('/files/:id', 'get'))).toBe('GET /files/:id');
    expect(titleOf(layer('/files/:id', 'get', 'head', 'post'))).toBe('ALL /files/:id');
  });
});
