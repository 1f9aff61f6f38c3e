import fc from 'fast-check';
import { decodeMetadata } from '../../../../lib/protocol/index.js';
import { representationMetadata } from '../../../../lib/protocol/ietf/index.js';
import { anyOf, base64, outcome } from '../grammar.js';

const RUNS = { numRuns: 500 };

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(isWellFormed);
const token = fc.stringMatching(/^[\w!#$&+\-.^`|~]{1,12}$/);
const quoted = token.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);

/** A field that names a file in one of the ways of RFC 6266 and RFC 8187. */
const disposition = fc.oneof(
  token.map((text) => `attachment; filename=${text}`),
  quoted.map((text) => `inline; filename=${text}`),
  name.map((text) => `inline; filename=other; filename*=UTF-8''${encoded(text)}`),
);

describe('What a creation of the IETF’s says of its file', () => {
  it('names it, by any letter, and the extended name goes before', () => {
    fc.assert(
      fc.property(name, fc.boolean(), (text, isFirst) => {
        const extended = `filename*=UTF-8''${encoded(text)}`;
        const both = ['filename=other', extended];
        const field = `inline; ${(isFirst ? both.reverse() : both).join('; ')}`;

        expect(metadataOf({ 'content-disposition': [field] })).toMatchObject({ filename: text });
      }),
      RUNS,
    );
  });

  it('does no harm, whatever it is', () => {
    fc.assert(
      fc.property(anyOf(disposition), anyOf(fc.constant('text/plain')), (field, type) => {
        const headers = { 'content-disposition': [field], 'content-type': [type] };
        const read = outcome(() => representationMetadata(headers));

        if (!('value' in read)) {
          expect(read.refused).toBe(400);
          return;
        }
        expect(read.value ?? '').toMatch(/^[ -~]*$/);
        const known = Object.keys(metadataOf(headers));
        expect(known.filter((key) => key !== 'filename' && key !== 'filetype')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('counts less than Upload-Metadata', () => {
    fc.assert(
      fc.property(disposition, base64, (field, value) => {
        const headers = {
          'content-disposition': [field],
          'upload-metadata': [`filename ${value}`],
        };

        const { filename } = metadataOf(headers);
        expect(filename).toBe(Buffer.from(value, 'base64').toString());
      }),
    );
  });
});

type Headers = Parameters<typeof representationMetadata>[0];

function metadataOf(headers: Headers): Record<string, string> {
  return { ...decodeMetadata(representationMetadata(headers)).text };
}

/** RFC 8187 §3.2.1, whose letters are fewer than those of a URL. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Whether a text has no half of a character. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
