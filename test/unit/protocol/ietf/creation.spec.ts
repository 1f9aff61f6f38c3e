import {
  dialectOf,
  parseIetfCreation,
  ProblemError,
  type BodyInfo,
} from '../../../../lib/protocol/index.js';

const RULES = { versions: [6, 8, 9, 10], informational: true, besideTus: true, sizes: {} };

function parse(sent: Record<string, string>, body: BodyInfo = { present: false }) {
  const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value]]));
  return parseIetfCreation(headers, body, dialectOf('POST', headers, RULES)!);
}

function problemOf(parsing: () => unknown): { status: number; type?: string } {
  try {
    parsing();
  } catch (error) {
    if (error instanceof ProblemError) return { status: error.status, type: error.problem.type };
    throw error;
  }
  throw new Error('It was taken.');
}

describe('parseIetfCreation', () => {
  it('knows the length of a whole upload by its body', () => {
    const body = { present: true, length: 5 };
    expect(parse({ 'upload-complete': '?1' }, body)).toMatchObject({ isLast: true, length: 5 });
    expect(parse({ 'upload-complete': '?1' })).toMatchObject({ isLast: true, length: 0 });
    expect(parse({ 'upload-complete': '?1' }, { present: true }).length).toBeUndefined();
  });

  it('knows the length of another only where it is said', () => {
    const body = { present: true, length: 5 };
    expect(parse({ 'upload-complete': '?0' }, body)).toMatchObject({ isLast: false });
    expect(parse({ 'upload-complete': '?0' }, body).length).toBeUndefined();
    expect(parse({ 'upload-complete': '?0', 'upload-length': '9' }, body).length).toBe(9);
  });

  it.each([
    ['?1', '6'],
    ['?1', '4'],
    ['?0', '4'],
  ])('refuses %s with a length of %s for 5 bytes', (complete, length) => {
    const sent = { 'upload-complete': complete, 'upload-length': length };
    const problem = problemOf(() => parse(sent, { present: true, length: 5 }));
    expect(problem).toEqual({
      status: 400,
      type: 'https://iana.org/assignments/http-problem-types#inconsistent-upload-length',
    });
  });

  it('refuses the beginning of an upload in a version that is not spoken', () => {
    const sent = { 'upload-complete': '?0', 'upload-draft-interop-version': '99' };
    expect(problemOf(() => parse(sent)).status).toBe(400);
  });

  it('takes no parts of an upload, which are of tus', () => {
    const sent = { 'upload-complete': '?0', 'upload-concat': 'partial' };
    expect(problemOf(() => parse(sent)).status).toBe(400);
  });

  it('makes metadata of what is said of the file', () => {
    const sent = {
      'upload-complete': '?0',
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `inline; filename="a.txt"; filename*=UTF-8''%C3%A4.txt`,
      'content-encoding': 'gzip',
    };
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    expect(parse(sent).metadata).toBe(
      `filename ${encoded('ä.txt')},filetype ${encoded('text/plain; charset=utf-8')},` +
        `contentEncoding ${encoded('gzip')}`,
    );
    expect(parse({ ...sent, 'upload-metadata': 'filename Yg==,x' }).metadata).toMatch(
      /^filename Yg==,x,filetype [^,]+,contentEncoding [^,]+$/,
    );
  });

  it.each(['application/x-www-form-urlencoded', 'application/partial-upload', ''])(
    'takes %j for no type, and a name that is none for none',
    (type) => {
      const sent = { 'upload-complete': '?0', 'content-type': type, 'content-disposition': '"' };
      expect(parse(sent).metadata).toBeUndefined();
    },
  );
});
