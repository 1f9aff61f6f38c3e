import { TypeNotAllowedError } from '../../../../lib/uploads/model/limit.errors.js';
import { TELLING_BYTES, TypeCheck, typeOf } from '../../../../lib/uploads/rules/type-check.js';
import { encodeMetadata } from '../../../support/index.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const ODT = 'application/vnd.oasis.opendocument.text';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
const GIF = Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1');
const PDF = Buffer.from('%PDF-1.4\n');
const CFB = Buffer.concat([
  Buffer.from('d0cf11e0a1b11ae1', 'hex'),
  Buffer.alloc(TELLING_BYTES - 8),
]);
const EXE = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]);
const NONE = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]);

/** The start of a zip archive whose first entry is larger than what is looked at. */
function zip(): Buffer {
  const name = Buffer.from('media/picture.bin');
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(20, 4);
  header.writeUInt32LE(9000, 18);
  header.writeUInt32LE(9000, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name, Buffer.alloc(9000)]).subarray(0, TELLING_BYTES);
}

function metadataOf(filetype: string | undefined): string | undefined {
  return filetype === undefined ? undefined : encodeMetadata({ filetype });
}

describe('TypeCheck.assertDeclared', () => {
  const check = new TypeCheck(['image/*', 'application/pdf']);

  it.each([
    undefined,
    '',
    'image/png',
    'image/x-new',
    'Application/PDF; version=2',
    'application/octet-stream',
    'Application/Octet-Stream; charset=binary',
  ])('takes %j', (filetype) => {
    expect(() => check.assertDeclared(metadataOf(filetype))).not.toThrow();
  });

  it.each([
    'text/html',
    'image',
    'images/png',
    'application/pdfx',
    'application/octet-streams',
    'application/*',
    '*/*',
    '/',
  ])('refuses %j', (filetype) => {
    expect(() => check.assertDeclared(metadataOf(filetype))).toThrow(TypeNotAllowedError);
  });

  it('names what is allowed, and the type in one line', () => {
    expect(() => check.assertDeclared(metadataOf('a"\r\nb'))).toThrow(
      new TypeNotAllowedError(
        'The file is declared to be "a\\"\\u000d\\u000ab"; allowed are image/*, application/pdf.',
      ),
    );
  });
});

describe('TypeCheck.assertActual', () => {
  const ask = (allowed: string[], filetype: string | undefined, start: Buffer) =>
    new TypeCheck(allowed).assertActual(metadataOf(filetype), start);

  it.each<[string, string[], string | undefined, Buffer]>([
    ['what is declared', ['image/png'], 'image/png', PNG],
    ['a type that is not declared', ['image/png'], undefined, PNG],
    ['an allowed type that is declared to be another one', ['image/*'], 'image/png', GIF],
    ['a type that its client did not know', ['image/*'], 'application/octet-stream', PNG],
    ['any bytes', ['application/octet-stream'], 'application/octet-stream', NONE],
    ['one of several', ['image/gif', 'application/pdf'], undefined, PDF],
    ['text', ['text/*'], 'text/plain', Buffer.from('Hello.')],
    ['text in any encoding', ['text/plain'], 'text/plain', Buffer.from('\ufeffÄ\0', 'utf16le')],
    ['text like a bitmap', ['text/csv'], 'text/csv', Buffer.from('BM;a;b\n')],
    ['a drawing', ['image/*'], 'image/svg+xml', Buffer.from('<?xml version="1.0"?><svg/>')],
    ['bytes without a signature', ['application/x-own'], 'application/x-own', NONE],
    ['no bytes at all', ['text/plain'], 'text/plain', Buffer.alloc(0)],
    ['a document in a zip archive', [DOCX], DOCX, zip()],
    ['another document in a zip archive', [ODT], ODT, zip()],
    ['an archive of an own kind', ['application/own+zip'], 'application/own+zip', zip()],
    ['a zip archive', ['application/zip'], undefined, zip()],
    ['an old document', ['application/msword'], 'application/msword', CFB],
    ['an old table', ['application/*'], 'application/vnd.ms-excel', CFB],
  ])('takes %s', async (_what, allowed, filetype, start) => {
    await expect(ask(allowed, filetype, start)).resolves.toBeUndefined();
  });

  it.each<[string, string[], string | undefined, Buffer]>([
    ['another type than is allowed', ['image/png'], undefined, GIF],
    ['another type than is allowed and declared', ['image/png'], 'image/png', GIF],
    ['a program as text', ['text/plain'], 'text/plain', EXE],
    ['an image as text', ['text/plain'], 'text/plain', PNG],
    ['text as an image', ['image/*'], 'image/png', Buffer.from('Hello.')],
    ['bytes that nobody knows', ['image/*'], 'application/octet-stream', NONE],
    ['a program of an unknown type', ['image/*'], 'application/octet-stream', EXE],
    ['text that nobody declared', ['text/plain'], undefined, Buffer.from('Hello.')],
    ['text that is declared to be what is not allowed', ['text/csv'], 'text/html', PDF],
    ['no bytes as an image', ['image/*'], 'image/png', Buffer.alloc(0)],
    ['a zip archive as an image', ['image/*'], 'image/png', zip()],
    ['a zip archive that nobody declared', [DOCX], undefined, zip()],
    ['an old document as a new one', [DOCX], DOCX, CFB],
    ['a zip archive as an old document', ['application/msword'], 'application/msword', zip()],
  ])('refuses %s', async (_what, allowed, filetype, start) => {
    await expect(ask(allowed, filetype, start)).rejects.toMatchObject({
      name: 'TypeNotAllowedError',
      message: expect.stringMatching(/^The file is of .*; allowed are /),
    });
  });
});

describe('typeOf', () => {
  it.each([
    ['what the bytes show', 'text/plain', PNG, 'image/png'],
    ['the declared type of bytes that show none', 'text/csv', Buffer.from('a;b'), 'text/csv'],
    ['none that the bytes would have to show', 'image/png', Buffer.from('<script>'), undefined],
    ['none of no bytes', 'image/png', Buffer.alloc(0), undefined],
    ['the declared type built on what they show', DOCX, zip(), DOCX],
    ['nothing of which nothing is known', undefined, NONE, undefined],
  ])('tells %s', async (_what, filetype, start, type) => {
    expect(await typeOf(metadataOf(filetype), start)).toBe(type);
  });
});
