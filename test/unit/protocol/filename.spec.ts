import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { decodeMetadata, filenameOf, sanitizeFilename } from '../../../lib/protocol/index.js';

function metadata(values: Record<string, string>) {
  const pairs = Object.entries(values).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  );
  return decodeMetadata(pairs.join(','));
}

describe('sanitizeFilename', () => {
  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['two words.tar.gz', 'two words.tar.gz'],
    ['Übung (1).pdf', 'Übung (1).pdf'],
    ['写真.png', '写真.png'],
    ['👩‍👩‍👧.png', '👩‍👩‍👧.png'],
    ['e\u0301t\u00e9.txt', '\u00e9t\u00e9.txt'],
    ['/etc/passwd', 'passwd'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['C:\\Users\\me\\cv.doc', 'cv.doc'],
    ['a/b\\c/d.txt', 'd.txt'],
    ['C:evil.txt', 'C_evil.txt'],
    ['file.txt:stream', 'file.txt_stream'],
    ['file.txt::$DATA', 'file.txt__$DATA'],
    ['a<b>c"d|e?f*g', 'a_b_c_d_e_f_g'],
    ['a\r\nSet-Cookie: x', 'aSet-Cookie_ x'],
    ['a\0.txt', 'a.txt'],
    ['a\u007f\u0085\u009f.txt', 'a.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['\u2066a\u2069\u200f\u2028\ufeff.txt', 'a.txt'],
    ['a\ud800.txt', 'a_.txt'],
    ['.htaccess', 'htaccess'],
    ['...hidden', 'hidden'],
    ['name. . .', 'name'],
    ['\u00a0 name \u3000', 'name'],
    ['\0.\0.\0a', 'a'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['nul.tar.gz', '_nul.tar.gz'],
    ['Aux .c', '_Aux .c'],
    ['COM1', '_COM1'],
    ['lpt9.log', '_lpt9.log'],
    ['COM¹', '_COM¹'],
    ['CONIN$', '_CONIN$'],
    ['C\0ON', '_CON'],
    ['console.log', 'console.log'],
    ['com10', 'com10'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['%2e%2e%2fetc', '%2e%2e%2fetc'],
  ])('makes %j to %j', (name, safe) => {
    expect(sanitizeFilename(name)).toBe(safe);
  });

  it.each([undefined, '', '.', '..', '...', ' ', '/', '\\', 'dir/', 'a/..', '\0', '\u202e', '. .'])(
    'leaves nothing of %j',
    (name) => {
      expect(sanitizeFilename(name)).toBeUndefined();
    },
  );

  it('cuts a long name to 255 bytes and keeps its extension', () => {
    expect(sanitizeFilename(`${'a'.repeat(300)}.tar.gz`)).toBe(`${'a'.repeat(252)}.gz`);
    expect(sanitizeFilename('a'.repeat(300))).toBe('a'.repeat(255));
    expect(sanitizeFilename('a'.repeat(255))).toBe('a'.repeat(255));
  });

  it('never cuts a character in two', () => {
    expect(sanitizeFilename(`${'é'.repeat(200)}.txt`)).toBe(`${'é'.repeat(125)}.txt`);
    expect(sanitizeFilename(`${'😀'.repeat(100)}.txt`)).toBe(`${'😀'.repeat(62)}.txt`);
  });

  it('does not take a long tail for an extension', () => {
    expect(sanitizeFilename(`a.${'b'.repeat(300)}`)).toBe(`a.${'b'.repeat(253)}`);
  });

  it('leaves no blanks where it cut, and no device that cutting laid bare', () => {
    expect(sanitizeFilename(`a${' '.repeat(300)}b`)).toBe('a');
    expect(sanitizeFilename(`a${' '.repeat(300)}b.txt`)).toBe('a.txt');
    expect(sanitizeFilename(`CON${' '.repeat(300)}b.txt`)).toBe('_CON.txt');
    expect(sanitizeFilename(`NUL${' '.repeat(300)}b`)).toBe('_NUL');
  });

  it('is safe for any name, and changes a safe name no more', () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom(
          ...Array.from('./\\ :*?"<>|\0\r\n\u202e\u2066\u0301\u0338é😀'),
          '\ud800',
          'CON',
          'nul',
        ),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 400,
      size: 'max',
    });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'grapheme' })), (name) => {
        const safe = sanitizeFilename(name);
        if (safe === undefined) return;
        expect(safe).not.toBe('');
        expect(safe).not.toMatch(/[/\\<>:"|?*\p{Cc}\p{Bidi_Control}\p{Surrogate}]/u);
        expect(safe).not.toMatch(/^[.\s]|[.\s]$/);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safe.normalize('NFC')).toBe(safe);
        expect(sanitizeFilename(safe)).toBe(safe);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('filenameOf', () => {
  it('takes filename before name', () => {
    expect(filenameOf(metadata({ name: 'b.txt', filename: 'a.txt' }))).toBe('a.txt');
    expect(filenameOf(metadata({ name: 'dir/b.txt' }))).toBe('b.txt');
    expect(filenameOf(metadata({ filename: '..', name: 'b.txt' }))).toBe('b.txt');
  });

  it('knows none where there is none', () => {
    expect(filenameOf(metadata({}))).toBeUndefined();
    expect(filenameOf(metadata({ filename: '' }))).toBeUndefined();
    expect(filenameOf(metadata({ Filename: 'a.txt' }))).toBeUndefined();
  });
});
