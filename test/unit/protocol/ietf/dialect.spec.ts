import {
  completenessOf,
  dialectOf,
  profileOf,
  type IetfRules,
} from '../../../../lib/protocol/index.js';

const RULES: IetfRules = {
  versions: [6, 8, 9, 10],
  informational: true,
  besideTus: true,
  sizes: {},
};
const ALONE: IetfRules = { ...RULES, besideTus: false };

type Sent = Readonly<Record<string, string | undefined>>;

const lines = (sent: Sent) =>
  Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, value === undefined ? undefined : [value]]),
  );

function dialect(method: string, sent: Sent, rules = RULES) {
  return dialectOf(method, lines(sent), rules);
}

describe('dialectOf', () => {
  it('takes a creation that says whether it is complete for one that can be resumed', () => {
    for (const complete of ['?0', '?1']) {
      const found = dialect('POST', {
        'upload-complete': complete,
        'upload-draft-interop-version': '6',
      });
      expect(found).toMatchObject({ intent: 'resumable', version: 6, mayInform: true });
      expect(found?.profile.version).toBe(6);
    }
  });

  it('takes the newest version, and says nothing ahead, where none is named', () => {
    const found = dialect('POST', { 'upload-complete': '?1' });
    expect(found).toMatchObject({ intent: 'resumable', version: undefined, mayInform: false });
    expect(found?.profile.version).toBe(10);
  });

  it('takes what says nothing, or nothing valid, for an upload of its own', () => {
    for (const sent of [{}, { 'upload-complete': 'true' }, { 'content-type': 'text/plain' }]) {
      expect(dialect('POST', sent)?.intent).toBe('plain');
    }
  });

  it('serves a whole upload of an unknown version as its own, and knows the beginning of one', () => {
    const unknown = { 'upload-draft-interop-version': '99' };
    expect(dialect('POST', { ...unknown, 'upload-complete': '?1' })?.intent).toBe('plain');
    expect(dialect('POST', { ...unknown, 'upload-complete': '?0' })).toMatchObject({
      intent: 'resumable',
      isUnsupported: true,
      mayInform: false,
    });
  });

  it.each([
    ['POST', { 'upload-length': '5' }],
    ['POST', { 'upload-metadata': 'a' }],
    ['POST', { 'content-type': 'application/offset+octet-stream' }],
    ['PATCH', { 'content-type': 'application/offset+octet-stream' }],
    ['PATCH', {}],
    ['OPTIONS', {}],
  ])('leaves %s %j to tus, where that is spoken', (method, sent) => {
    expect(dialect(method, sent)).toBeUndefined();
    expect(dialect(method, sent, ALONE)).toBeDefined();
  });

  it.each([
    { 'content-type': 'Application/Partial-Upload; a=b' },
    { 'upload-complete': '?0' },
    { 'upload-draft-interop-version': '6' },
  ])('takes a PATCH with %j for an append', (sent) => {
    expect(dialect('PATCH', sent)?.intent).toBe('resumable');
  });

  it.each(['HEAD', 'GET', 'DELETE'])('needs no header with %s', (method) => {
    expect(dialect(method, {})?.intent).toBe('resumable');
  });

  it('knows a client of tus where that is not spoken', () => {
    expect(dialect('POST', { 'tus-resumable': '1.0.0' }, ALONE)?.intent).toBe('tus');
  });

  it('sends nothing ahead where that is turned off', () => {
    const sent = { 'upload-complete': '?1', 'upload-draft-interop-version': '8' };
    expect(dialect('POST', sent, { ...RULES, informational: false })?.mayInform).toBe(false);
  });

  it('reads Upload-Incomplete of version 3, where that is spoken', () => {
    const rules = { ...RULES, versions: [3, 8] };
    const sent = { 'upload-incomplete': '?1', 'upload-draft-interop-version': '3' };
    expect(dialect('POST', sent, rules)).toMatchObject({ intent: 'resumable', version: 3 });
    expect(dialect('POST', sent)?.intent).toBe('plain');
  });
});

describe('completenessOf', () => {
  it('turns Upload-Incomplete round', () => {
    const old = profileOf(3)!;
    expect(completenessOf(lines({ 'upload-incomplete': '?1' }), old)).toBe(false);
    expect(completenessOf(lines({ 'upload-incomplete': '?0' }), old)).toBe(true);
    expect(completenessOf(lines({ 'upload-complete': '?1' }), old)).toBeUndefined();
  });
});
