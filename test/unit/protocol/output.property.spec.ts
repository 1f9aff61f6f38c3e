import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import {
  declaredTypeOf,
  decodeMetadata,
  filenameOf,
  formatExpires,
  inlineTypeOf,
  mergeTokens,
  quote,
  statusHeaders,
} from '../../../lib/protocol/index.js';
import type { Metadata } from '../../../lib/protocol/index.js';
import { anyOf, hostileText } from './grammar.js';

const RUNS = { numRuns: 400 };

/** Metadata as they come from a client. */
function metadataOf(key: string, text: string): Metadata {
  return decodeMetadata(`${key} ${Buffer.from(text).toString('base64')}`);
}

describe('What a client is told of its upload', () => {
  /** Any time a date can be written of: to the end of the year 9999. */
  const time = fc.integer({ min: 0, max: Date.UTC(10_000, 0) - 1 });

  it('has the time it expires as an IMF-fixdate of that second', () => {
    const date =
      /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
    fc.assert(
      fc.property(time, (milliseconds) => {
        const text = formatExpires(milliseconds);
        expect(text).toMatch(date);
        expect(Date.parse(text)).toBe(milliseconds - (milliseconds % 1000));
      }),
      RUNS,
    );
  });

  it('has the numbers as they are, and the length or that it is deferred', () => {
    const count = fc.maxSafeNat();
    const length = fc.option(count, { nil: undefined });
    const expiresAt = fc.option(time, { nil: undefined });
    fc.assert(
      fc.property(count, length, expiresAt, (offset, known, expires) => {
        const headers = statusHeaders({ offset, length: known, expiresAt: expires });
        expect(headers['Upload-Offset']).toBe(String(offset));
        expect(headers['Upload-Length']).toBe(known?.toString());
        expect(headers['Upload-Defer-Length']).toBe(known === undefined ? '1' : undefined);
        expect('Upload-Expires' in headers).toBe(expires !== undefined);
      }),
      RUNS,
    );
  });

  it('quotes what it sent as a short line that nothing breaks out of', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const quoted = quote(text);
        expect(quoted).toMatch(/^"(?:[^"\\]|\\["\\]|\\u[0-9a-f]{4}){0,60}"(?:\.\.\.)?$/);
        expect(quoted).toMatch(/^[ -~]{2,65}$/);
        const shown = JSON.parse(quoted.replace(/\.\.\.$/, '')) as string;
        expect(text.startsWith(shown)).toBe(true);
        expect(shown.length < text.length).toBe(quoted.endsWith('...'));
      }),
      RUNS,
    );
  });
});

describe('What browsers are told', () => {
  it('grants the tokens it granted before and all that uploads need, each once', () => {
    const token = fc.stringMatching(/^[A-Za-z*-]{1,4}$/);
    const tokens = fc.array(token, { maxLength: 5 });
    fc.assert(
      fc.property(tokens, tokens, fc.constantFrom(',', ', ', ' ,, '), (before, add, comma) => {
        const merged = mergeTokens(before.join(comma), add);
        const names = merged.split(', ').filter((name) => name !== '');
        const known = names.map((name) => name.toLowerCase());
        expect(new Set(known).size).toBe(known.length);
        const given = [...before, ...add];
        expect(new Set(known)).toEqual(new Set(given.map((name) => name.toLowerCase())));
        for (const name of names) {
          expect(given.find((each) => each.toLowerCase() === name.toLowerCase())).toBe(name);
        }
        expect(mergeTokens(merged, add)).toBe(merged);
      }),
      RUNS,
    );
  });

  const type = fc.constantFrom(
    'image/png',
    'video/mp4',
    'text/plain',
    'text/html',
    'image/svg+xml',
  );
  const declared = fc.oneof(anyOf(fc.mixedCase(type)), type);

  it('is a type the client declared, and none that runs a script', () => {
    fc.assert(
      fc.property(fc.constantFrom('filetype', 'type'), declared, (key, text) => {
        const metadata = metadataOf(key, text);
        const [essence = ''] = Buffer.from(text).toString().split(';');
        const known = essence.trim().toLowerCase();
        expect(declaredTypeOf(metadata)).toBe(known === '' ? undefined : known);
        const shown = inlineTypeOf(metadata);
        if (['image/png', 'video/mp4', 'text/plain'].includes(known)) expect(shown).toBe(known);
        else expect(shown ?? 'audio/mpeg').not.toMatch(/html|xml|script|svg|[^a-z0-9/]/);
      }),
      RUNS,
    );
  });

  it('is the name the client gave, where nothing is wrong with it', () => {
    const plain = fc.stringMatching(/^[a-z][a-z0-9_ -]{0,20}[a-z0-9]$/);
    const extension = fc.constantFrom('', '.txt', '.tar.gz', '.jpeg');
    const isDevice = (text: string) => /^(?:con|prn|aux|nul|com\d|lpt\d)$/.test(text.trim());
    const names = fc.tuple(
      plain.filter((text) => !isDevice(text)),
      extension,
    );
    fc.assert(
      fc.property(fc.constantFrom('filename', 'name'), names, (key, parts) => {
        const name = parts.join('');
        expect(filenameOf(metadataOf(key, name))).toBe(name);
        expect(filenameOf(metadataOf(key, `../../etc/${name}`))).toBe(name);
        expect(filenameOf(metadataOf(key, `C:\\x\\${name}\r\n`))).toBe(name);
      }),
      RUNS,
    );
  });
});
