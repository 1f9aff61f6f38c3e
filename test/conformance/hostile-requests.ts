import { LAST_CHUNK, OCTETS, chunk } from '../support/index.js';

/** A request no well-behaved client sends. */
export interface HostileRequest {
  readonly name: string;
  /** The bytes, for an unfinished upload of ten bytes that lies at `path`. */
  readonly bytes: (path: string) => string | Buffer;
  /** The server cannot know that nothing more comes: it is not expected to answer. */
  readonly unfinished?: boolean;
}

const TUS = ['Host: localhost', 'Tus-Resumable: 1.0.0'];
const APPEND = [...TUS, `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
const CREATE = [...TUS, 'Upload-Length: 10'];

/** Framing of the body that is broken, contradictory or never ends. */
const FRAMING: HostileRequest[] = [
  append('Content-Length and chunked', ['Content-Length: 5', 'Transfer-Encoding: chunked'], ended),
  append('chunked twice', ['Transfer-Encoding: chunked, chunked'], ended),
  append('chunked on two lines', Array<string>(2).fill('Transfer-Encoding: chunked'), ended),
  append('gzip, chunked', ['Transfer-Encoding: gzip, chunked'], ended),
  append('chunked not last', ['Transfer-Encoding: chunked, identity'], ended),
  append('unknown coding', ['Transfer-Encoding: xchunked'], ended),
  append('coding with a blank', ['Transfer-Encoding : chunked'], ended),
  append('coding with a tab', ['Transfer-Encoding:\tchunked'], ended),
  append('two equal lengths', ['Content-Length: 5', 'Content-Length: 5'], 'hello'),
  append('two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'),
  append('length -5', ['Content-Length: -5'], 'hello'),
  append('length +5', ['Content-Length: +5'], 'hello'),
  append('length 5.0', ['Content-Length: 5.0'], 'hello'),
  append('length 0x5', ['Content-Length: 0x5'], 'hello'),
  append('length 5, 5', ['Content-Length: 5, 5'], 'hello'),
  append('empty length', ['Content-Length: '], 'hello'),
  append('length 2^63', ['Content-Length: 9223372036854775808'], 'hello'),
  append('length 2^64', ['Content-Length: 18446744073709551616'], 'hello'),
  append('length 2^53', ['Content-Length: 9007199254740992'], 'hello'),
  append('chunk size zz', ['Transfer-Encoding: chunked'], 'zz\r\nhello\r\n'),
  append('chunk size of 17 digits', ['Transfer-Encoding: chunked'], `${'F'.repeat(17)}\r\nhello`),
  append(
    'chunk size 2^63',
    ['Transfer-Encoding: chunked'],
    '8000000000000000\r\nhello',
    'unfinished',
  ),
  append('chunk size -5', ['Transfer-Encoding: chunked'], '-5\r\nhello\r\n'),
  append('chunk without an end', ['Transfer-Encoding: chunked'], '5\r\nhello0\r\n\r\n'),
  append('chunks parted by LF', ['Transfer-Encoding: chunked'], '5\nhello\n0\n\n'),
  append('long chunk extension', ['Transfer-Encoding: chunked'], `5;${'a'.repeat(20_000)}\r\n`),
  append('trailers that matter', ['Transfer-Encoding: chunked'], trailers()),
  append('20 KiB of trailers', ['Transfer-Encoding: chunked'], trailers('x'.repeat(20_000))),
  append('bytes behind the body', ['Content-Length: 5'], 'hellogarbage\r\n\r\n'),
  append('a request in a refused body', ['Content-Length: 60', 'Upload-Offset: 1'], smuggled()),
  append('a body cut off', ['Content-Length: 10'], 'hello', 'unfinished'),
  append('chunks cut off', ['Transfer-Encoding: chunked'], chunk('hello'), 'unfinished'),
  append('a chunk cut off', ['Transfer-Encoding: chunked'], '5\r\nhe', 'unfinished'),
  append('a chunk size cut off', ['Transfer-Encoding: chunked'], '5', 'unfinished'),
  append(
    'a last chunk cut off',
    ['Transfer-Encoding: chunked'],
    '5\r\nhello\r\n0\r\n',
    'unfinished',
  ),
  append('no body at all', ['Content-Length: 10'], '', 'unfinished'),
  create(
    'a creation cut off',
    [`Content-Type: ${OCTETS}`, 'Content-Length: 10'],
    'hel',
    'unfinished',
  ),
];

/** Header blocks that are broken, contradictory or too large. */
const HEADERS: HostileRequest[] = [
  append('a blank before the colon', ['Upload-Offset : 0', 'Content-Length: 0']),
  append('a folded line', ['X-Folded: a', ' b', 'Content-Length: 0']),
  append('a NUL', ['X-Nul: a\u0000b', 'Content-Length: 0']),
  append('a bare CR', ['X-Cr: a\rb', 'Content-Length: 0']),
  append('a line without a colon', ['nonsense', 'Content-Length: 0']),
  append('an empty name', [': value', 'Content-Length: 0']),
  append('another alphabet', ['Upload-Metadata: ключ значение', 'Content-Length: 0']),
  append('20 KiB of one header', [`X-Long: ${'a'.repeat(20_000)}`, 'Content-Length: 0']),
  append('3000 headers', Array<string>(3000).fill('a: b')),
  append('many Tus-Resumable', Array<string>(50).fill('Tus-Resumable: 1.0.0')),
  append('two hosts', ['Host: evil.example', 'Content-Length: 0']),
  append('many offsets', Array<string>(50).fill('Upload-Offset: 0')),
  append('an offset of 15000 digits', [`Upload-Length: ${'9'.repeat(15_000)}`]),
  append('an unknown expectation', ['Expect: nonsense', 'Content-Length: 0']),
  append('100-continue without a body', ['Expect: 100-continue', 'Content-Length: 0']),
  append(
    '100-continue, then silence',
    ['Expect: 100-continue', 'Content-Length: 5'],
    '',
    'unfinished',
  ),
  append('an upgrade', ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 0']),
  append('an upgrade to HTTP/2', [
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: ',
  ]),
  append('hop-by-hop offsets', ['Connection: Upload-Offset, Tus-Resumable', 'Content-Length: 0']),
  append('a range', ['Range: bytes=0-', 'Content-Range: bytes 0-4/10', 'Content-Length: 0']),
  append('an unknown compression', ['Content-Encoding: nonsense', 'Content-Length: 5'], 'hello'),
  append('an override of 4000 letters', [`X-HTTP-Method-Override: ${'P'.repeat(4000)}`]),
  append(
    'an override to OPTIONS',
    ['X-HTTP-Method-Override: OPTIONS', 'Content-Length: 5'],
    'hello',
  ),
  append('an override to POST', ['X-HTTP-Method-Override: POST', 'Content-Length: 5'], 'hello'),
  append('two overrides', ['X-HTTP-Method-Override: HEAD', 'X-HTTP-Method-Override: PATCH']),
  append('forwarded nonsense', [
    'Forwarded: ;;="',
    'X-Forwarded-Host: \t',
    'X-Forwarded-Proto: ://',
  ]),
  append('a strange origin', [
    'Origin: null',
    'Origin: a b',
    'Access-Control-Request-Method: \u00e9',
  ]),
  append('two content types', ['Content-Type: application/json', 'Content-Length: 5'], 'hello'),
  create('a metadata key of 10 KB', [`Upload-Metadata: ${'k'.repeat(10_000)}`]),
  create('2000 metadata keys', [`Upload-Metadata: ${numbered(2000).join(',')}`]),
  create('many commas', [`Upload-Metadata: ${','.repeat(10_000)}`]),
  create('many blanks', [`Upload-Metadata: a${' '.repeat(10_000)}b`]),
  create('a checksum', ['Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=']),
  create('partials of elsewhere', ['Upload-Concat: final;http://evil.example/a ../../etc/passwd']),
];

/** Bodies that parsers of the app would like to read. */
const BODIES: HostileRequest[] = [
  ...typed('application/json', '{"a":'),
  ...typed('application/json', ''),
  ...typed('application/json; charset=nonsense', '{}'),
  ...typed('application/x-www-form-urlencoded', 'a[b][c]=d&__proto__[x]=1&%'),
  ...typed('multipart/form-data', '--x\r\n'),
  ...typed('multipart/form-data; boundary=', '--\r\n'),
  ...typed('text/plain; charset="', 'hello'),
  ...typed(';;;', 'hello'),
  ...typed('/', 'hello'),
  ...typed('a'.repeat(8000), 'hello'),
  ...['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT'].map((method) => ({
    name: `${method} with a body`,
    bytes: (path: string) =>
      lines(`${method} ${path} HTTP/1.1`, APPEND, 'Content-Length: 5') + 'hello',
  })),
];

/** Request lines that are broken, unusual, or ask for what is not there. */
const REQUEST_LINES: HostileRequest[] = [
  ...[
    '/files/%',
    '/files/%zz',
    '/files/%00',
    '/files/%0d%0aX-Injected:%20yes',
    '/files/%F0%28',
    '/files/..',
    '/files/../../etc/passwd',
    '/files/%2e%2e/%2e%2e/etc/passwd',
    '/files/..%2f..%2fetc%2fpasswd',
    '/files/..%5c..%5cwindows',
    '/files/.tus',
    '/files/.tus%2fdata.mdb',
    '/files//',
    '/files/a/b',
    '/files/.',
    '/files/\u00e9',
    '/files/__proto__',
    '/files/constructor',
    '/files/-1',
    '/files/null',
    `/files/${'a'.repeat(5000)}`,
    `/files/${'0'.repeat(32)}%20`,
    `/files/${'0'.repeat(32)}%00.txt`,
    '/files?%',
    '/files?%00',
    '/files#fragment',
    '/files;x=1',
    '/FILES',
    '//files',
    '//',
    '*',
    'files',
    'http://',
    'http://[::1/files',
    'http://evil.example/files',
    'javascript:alert(1)',
  ].flatMap((target) =>
    ['POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS', 'GET'].map((method) => ({
      name: `${method} ${target.length > 60 ? 'a very long id' : target}`,
      bytes: () =>
        lines(`${method} ${target} HTTP/1.1`, APPEND, 'Upload-Length: 10', 'Content-Length: 0'),
    })),
  ),
  ...['TRACE', 'PROPFIND', 'SEARCH', 'QUERY', 'M-SEARCH', 'PURGE', 'LINK'].map((method) => ({
    name: `the method ${method}`,
    bytes: (path: string) => lines(`${method} ${path} HTTP/1.1`, APPEND, 'Content-Length: 0'),
  })),
  ...[
    'patch /files HTTP/1.1',
    'FOO /files HTTP/1.1',
    'CONNECT localhost:80 HTTP/1.1',
    'PATCH /files',
    'PATCH /files HTTP/1.2',
    'PATCH /files HTTP/2.0',
    'PATCH  /files  HTTP/1.1',
    'PATCH /files HTTP/1.1 ',
    'PRI * HTTP/2.0',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
    `${'A'.repeat(20_000)} / HTTP/1.1`,
  ].map((line) => ({
    name: `the request line ${JSON.stringify(line.slice(0, 40))}`,
    bytes: () => lines(line, APPEND, 'Content-Length: 0'),
  })),
  {
    name: 'HTTP/1.0',
    bytes: (path) => lines(`PATCH ${path} HTTP/1.0`, APPEND, 'Content-Length: 5') + 'hello',
  },
  { name: 'HTTP/1.0 without Host', bytes: () => lines('POST /files HTTP/1.0', CREATE.slice(1)) },
  { name: 'HTTP/1.1 without Host', bytes: () => lines('POST /files HTTP/1.1', CREATE.slice(1)) },
  {
    name: 'lines parted by LF',
    bytes: (path) => lines(`HEAD ${path} HTTP/1.1`, TUS).replaceAll('\r', ''),
  },
  { name: 'nothing', bytes: () => '', unfinished: true },
  { name: 'a half request line', bytes: () => 'PATCH /fil', unfinished: true },
  { name: 'a half header', bytes: () => 'PATCH /files HTTP/1.1\r\nHost: loc', unfinished: true },
  { name: 'random bytes', bytes: () => Buffer.from([...Array(256).keys()].reverse()) },
];

/** Every request of the table. */
export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  ...FRAMING,
  ...HEADERS,
  ...BODIES,
  ...REQUEST_LINES,
];

function lines(requestLine: string, ...headers: (string | readonly string[])[]): string {
  return [requestLine, ...headers.flat(), '', ''].join('\r\n');
}

function append(
  name: string,
  headers: readonly string[],
  body: string | (() => string) = '',
  unfinished?: 'unfinished',
): HostileRequest {
  const bytes = (path: string): string =>
    lines(`PATCH ${path} HTTP/1.1`, APPEND, headers) + (typeof body === 'string' ? body : body());
  return { name: `PATCH with ${name}`, bytes, unfinished: unfinished !== undefined };
}

function create(
  name: string,
  headers: readonly string[],
  body = '',
  unfinished?: 'unfinished',
): HostileRequest {
  const bytes = (): string => lines('POST /files HTTP/1.1', CREATE, headers) + body;
  return { name: `POST with ${name}`, bytes, unfinished: unfinished !== undefined };
}

function typed(type: string, body: string): HostileRequest[] {
  const framing = [`Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return ['POST', 'PATCH', 'DELETE'].map((method) => ({
    name: `${method} of type ${type.slice(0, 40)} with ${body.length} bytes`,
    bytes: (path: string) => {
      const target = method === 'POST' ? '/files' : path;
      const head = [...TUS, 'Upload-Offset: 0', 'Upload-Length: 10', ...framing];
      return lines(`${method} ${target} HTTP/1.1`, head) + body;
    },
  }));
}

function ended(): string {
  return chunk('hello') + LAST_CHUNK;
}

function trailers(value = 'x'): string {
  const fields = [
    'Upload-Offset: 3',
    'Content-Length: 3',
    'Host: evil.example',
    `X-Long: ${value}`,
  ];
  return `${chunk('hello')}0\r\n${fields.join('\r\n')}\r\n\r\n`;
}

function smuggled(): string {
  return lines('DELETE /files HTTP/1.1', TUS).padEnd(60);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `k${index}`);
}
