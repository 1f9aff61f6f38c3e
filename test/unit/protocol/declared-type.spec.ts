import { declaredTypeOf, inlineTypeOf } from '../../../lib/protocol/index.js';
import type { Metadata } from '../../../lib/protocol/index.js';

function metadataOf(text: Record<string, string>): Metadata {
  return { text, bytes: {} };
}

describe('declaredTypeOf', () => {
  it.each<[Record<string, string>, string | undefined]>([
    [{ filetype: 'image/png' }, 'image/png'],
    [{ type: 'image/png' }, 'image/png'],
    [{ filetype: 'text/plain', type: 'text/html' }, 'text/plain'],
    [{ filetype: ' IMAGE/Png ; charset=utf-8' }, 'image/png'],
    [{ filetype: 'text/plain;' }, 'text/plain'],
    [{ filetype: 'no type at all' }, 'no type at all'],
    [{ filetype: '' }, undefined],
    [{ filetype: ' ; charset=utf-8' }, undefined],
    [{ filename: 'a.png' }, undefined],
    [{}, undefined],
  ])('reads %j', (text, type) => {
    expect(declaredTypeOf(metadataOf(text))).toBe(type);
  });
});

describe('inlineTypeOf', () => {
  it.each(['image/png', 'IMAGE/JPEG', 'video/mp4', 'audio/mpeg', 'application/pdf', 'text/plain'])(
    'shows %s',
    (filetype) => {
      expect(inlineTypeOf(metadataOf({ filetype }))).toBe(filetype.toLowerCase());
    },
  );

  it.each([
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'text/css',
    'text/javascript',
    'application/x-shockwave-flash',
    'image/png, text/html',
    'image/png\r\n',
    'image/*',
    '*/*',
    'constructor',
    '',
  ])('does not show %j', (filetype) => {
    const type = inlineTypeOf(metadataOf({ filetype }));

    expect([undefined, 'image/png']).toContain(type);
    expect(type === 'image/png').toBe(filetype.trim() === 'image/png');
  });

  it('judges by the key that is read first', () => {
    expect(inlineTypeOf(metadataOf({ filetype: 'text/html', type: 'image/png' }))).toBeUndefined();
  });
});
