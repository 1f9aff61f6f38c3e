import fc from 'fast-check';
import { ALL_EXTENSIONS, parseConcat } from '../../../lib/protocol/index.js';
import { anyOf, hostileText, outcome, uploadId } from './grammar.js';

const PATHS = () => ['/files'];

/** An upload's URL, read another way than the parser does. */
const URL_OF_UPLOAD =
  /^(?:[hH][tT][tT][pP][sS]?:\/\/[^/?#\\]+)?(?:\/(?!\.{1,2}\/)[-A-Za-z0-9_.~!$&'()*+=:@]+)*?\/files\/([0-9a-zA-Z][0-9a-zA-Z_-]{0,99})(?:[?#][^]*)?$/;

const url = fc
  .tuple(
    fc.constantFrom('', 'http://example.com', 'HTTPS://Example.COM', 'http://[::1]:3000'),
    fc.constantFrom('/files/', '/api/v1/files/'),
    uploadId,
    fc.constantFrom('', '?', '?token=a/b', '#x', '?http://evil.example/#'),
  )
  .map((parts) => parts.join(''));

/** URLs that have an id at their end, most of them of no upload. */
const foreign = fc
  .tuple(
    fc.constantFrom('', '/', '//', '/x/', '/files/x/', '/x/../files/', '/files/%2e%2e/files/'),
    fc.constantFrom('', 'http://example.com.evil.example/files/', '//example.com/files/'),
    uploadId,
  )
  .map(([path, server, id]) => server + path + id);

const final = fc
  .tuple(fc.array(fc.oneof(anyOf(url), url, foreign), { maxLength: 4 }), fc.constantFrom(' ', '  '))
  .map(([urls, blanks]) => `final;${urls.join(blanks)}`);

/** The ids that a list names, if it names nothing else. */
function idsOf(list: string): string[] | undefined {
  const ids = list
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => URL_OF_UPLOAD.exec(each)?.[1]);
  const known = ids.filter((id) => id !== undefined);
  return known.length > 0 && known.length === ids.length ? known : undefined;
}

describe('Upload-Concat', () => {
  const texts = fc.oneof(
    { weight: 4, arbitrary: final },
    { weight: 1, arbitrary: anyOf(fc.constant('partial')) },
    { weight: 1, arbitrary: hostileText.map((text) => `final;${text}`) },
  );

  it('names uploads of this server and nothing else, in order, and is else refused with 400', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const headers = { 'upload-concat': [text] };
        const parts = text.startsWith('final;') ? idsOf(text.slice(6)) : undefined;
        const concat = text === 'partial' ? { kind: 'partial' } : parts && { kind: 'final', parts };
        expect(
          outcome(() => parseConcat(headers, { extensions: new Set(ALL_EXTENSIONS) }, PATHS)),
        ).toEqual(concat ? { value: concat } : { refused: 400 });
        expect(outcome(() => parseConcat(headers, { extensions: new Set() }, PATHS))).toEqual({
          refused: 400,
        });
      }),
      { numRuns: 400 },
    );
  });
});
