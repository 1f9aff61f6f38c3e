import fc from 'fast-check';
import { ALL_EXTENSIONS, parseConcat } from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

const PATHS = () => ['/files', '/a,b/uploads'];

function parse(value: string | string[] | undefined, paths = PATHS) {
  const headers = value === undefined ? {} : { 'upload-concat': [value].flat() };
  return parseConcat(headers, { extensions: new Set(ALL_EXTENSIONS) }, paths);
}

describe('parseConcat', () => {
  it('has nothing to say of an upload of its own', () => {
    expect(parse(undefined)).toBeUndefined();
    expect(parseConcat({}, { extensions: new Set() }, PATHS)).toBeUndefined();
  });

  it('reads that an upload is part of another one', () => {
    expect(parse('partial')).toEqual({ kind: 'partial' });
  });

  it.each<[string, string[]]>([
    [`/files/${A}`, [A]],
    [`/files/${A} /files/${B}`, [A, B]],
    [`/files/${B} /files/${A} /files/${B}`, [B, A, B]],
    [` /files/${A}`, [A]],
    [`/files/${A}  /files/${B} `, [A, B]],
    [`/public/files/${A}`, [A]],
    [`/a,b/uploads/${A}`, [A]],
    [`/v1/~me/a.b/..c/files/${A}`, [A]],
    [`http://example.com/files/${A}`, [A]],
    [`https://EXAMPLE.com/public/files/${A}`, [A]],
    [`http://app:81/files/${A} https://up.example/media/files/${B}`, [A, B]],
    [`http://user@example.com/files/${A}`, [A]],
    [`HTTP://localhost:3000/files/${A}`, [A]],
    [`http://[::1]:3000/files/${A}`, [A]],
    [`/files/${A}?token=1 /files/${B}#top`, [A, B]],
    [`http://example.com/files/${A}?next=/x/y`, [A]],
    [`/files/order-1 /files/Order_2?x`, ['order-1', 'Order_2']],
  ])('reads the parts of "final;%s", in order', (list, parts) => {
    expect(parse(`final;${list}`)).toEqual({ kind: 'final', parts });
  });

  it('takes as many parts as are allowed, and not one more', () => {
    const rules = { extensions: new Set(ALL_EXTENSIONS), maxParts: 3 };
    const ask = (count: number) => () =>
      parseConcat({ 'upload-concat': [`final;${`/files/${A} `.repeat(count)}`] }, rules, PATHS);

    expect(ask(3)()).toMatchObject({ parts: [A, A, A] });
    expect(refusal(ask(4))).toMatchObject({
      status: 400,
      message: 'Upload-Concat lists 4 partial uploads, at most 3 are allowed.',
    });
  });

  it('asks for the paths once, however many parts there are', () => {
    let asked = 0;
    const paths = () => {
      asked += 1;
      return PATHS();
    };
    parse(`final;${`http://example.com/files/${A} `.repeat(500)}`, paths);

    expect(asked).toBe(1);
  });

  it('knows the uploads of a server that has no path', () => {
    const parts = [A, B];
    expect(parse(`final;/${A} http://example.com/${B}`, () => [''])).toEqual({
      kind: 'final',
      parts,
    });
    expect(refusedStatus(() => parse(`final;${A}`, () => ['']))).toBe(400);
  });

  it.each([
    '',
    ' ',
    'foo',
    'Partial',
    'PARTIAL',
    ' partial',
    'partial ',
    'partial;',
    'partial,partial',
    'final',
    'Final;/files/a',
    'final ;/files/a',
    'final=/files/a',
  ])('answers 400 to %j', (value) => {
    expect(refusedStatus(() => parse(value))).toBe(400);
  });

  it.each(['', ' ', '   '])('answers 400 to a final upload of no parts: "final;%s"', (list) => {
    expect(refusal(() => parse(`final;${list}`))).toMatchObject({
      status: 400,
      message: expect.stringContaining('no partial upload'),
    });
  });

  it.each([
    ['a bare id', A],
    ['a relative path', `files/${A}`],
    ['another path', `/other/${A}`],
    ['a path below ours', `/files/x/${A}`],
    ['a path above ours', `/${A}`],
    ['our path in other case', `/Files/${A}`],
    ['a path that only ends in our letters', `/my-files/${A}`],
    ['a prefix with an encoded dot', `/%2e/files/${A}`],
    ['a prefix of two lists', `/files/${B},/files/${A}`],
    ['a prefix with an empty segment', `/x//files/${A}`],
    ['a host and a dot', `http://example.com/./files/${A}`],
    ['a path that leads back to ours', `/other/../files/${A}`],
    ['a path that leads out of ours', `/files/../files/${A}`],
    ['dots, encoded', `/files/%2e%2e/files/${A}`],
    ['a slash, encoded', `/files%2f${A}`],
    ['a double slash', `/files//${A}`],
    ['a slash at the end', `/files/${A}/`],
    ['a backslash', `/files\\${A}`],
    ['no id', '/files/'],
    ['only the path', '/files'],
    ['only dots', '/files/..'],
    ['a file of the system', '/files/../../../../etc/passwd'],
    ['an id that is too long', `/files/${'a'.repeat(101)}`],
    ['an id with a dot', '/files/order.1'],
    ['an id that is encoded', '/files/order%2d1'],
    ['an id with a null byte', `/files/${A}\0`],
    ['a list with commas', `/files/${A},/files/${B}`],
    ['a list with tabs', `/files/${A}\t/files/${B}`],
    ['another host by its name only', `//evil.com/files/${A}`],
    ['our host by its name only', `//example.com/files/${A}`],
    ['another host behind a backslash', `http://example.com\\@evil.com/files/${A}`],
    ['no host', `http:///files/${A}`],
    ['our host without a path', 'http://example.com'],
    ['another scheme', `ftp://example.com/files/${A}`],
    ['a file URL', `file:///files/${A}`],
    ['a query that holds our path', `/x?/files/${A}`],
    ['a fragment that holds our path', `/x#/files/${A}`],
  ])('answers 400 to %s, also among others: %s', (_, url) => {
    for (const list of [url, `/files/${B} ${url}`, `${url} /files/${B}`]) {
      expect(refusedStatus(() => parse(`final;${list}`))).toBe(400);
    }
  });

  it('asks for paths of ours only where a list is sent', () => {
    const none = () => {
      throw new Error('asked');
    };
    expect(parse('partial', none)).toEqual({ kind: 'partial' });
    expect(parse(undefined, none)).toBeUndefined();
  });

  it('names the URL that is none of ours', () => {
    const { message } = refusal(() => parse(`final;/files/${A} http://evil.com/x`));
    expect(message).toContain('"http://evil.com/x"');
  });

  it('answers 400 to two lines', () => {
    expect(refusedStatus(() => parse(['partial', 'partial']))).toBe(400);
    expect(refusedStatus(() => parse([`final;/files/${A}`, `final;/files/${B}`]))).toBe(400);
  });

  it.each(['', 'partial', `final;/files/${A}`, 'foo'])(
    'answers 400, which is not repeated, to %j where it is not offered',
    (value) => {
      const call = () =>
        parseConcat(
          { 'upload-concat': [value] },
          { extensions: new Set(['creation'] as const) },
          PATHS,
        );
      expect(refusal(call)).toMatchObject({
        status: 400,
        message: expect.stringContaining('concatenation is not offered'),
      });
    },
  );

  it('reads any list of its own uploads', () => {
    const id = fc.stringMatching(/^[0-9a-f]{32}$|^order-[0-9A-Za-z_]{1,20}$/);
    const place = fc.constantFrom('/files/', 'http://example.com/files/', '/public/files/');
    fc.assert(
      fc.property(fc.array(fc.tuple(place, id), { minLength: 1 }), (parts) => {
        const list = parts.map(([before, part]) => before + part).join(' ');
        expect(parse(`final;${list}`)).toEqual({
          kind: 'final',
          parts: parts.map(([, part]) => part),
        });
      }),
    );
  });

  it('reads nothing but ids out of anything, and refuses the rest with 400', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.constantFrom(
        '/',
        '..',
        '//',
        '/files/',
        'http://',
        'example.com',
        A,
        '%2e',
        '?',
        '#',
        '@',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const parts = partsOr400(`final;${pieces.join('')}`);
        for (const part of parts) expect(part).toMatch(/^[0-9a-z][\w-]{0,99}$/i);
      }),
    );
  });
});

function partsOr400(value: string): readonly string[] {
  try {
    const concat = parse(value);
    return concat?.kind === 'final' ? concat.parts : [];
  } catch {
    expect(refusedStatus(() => parse(value))).toBe(400);
    return [];
  }
}
