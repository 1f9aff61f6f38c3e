import { BadRequestException, HttpException, UnprocessableEntityException } from '@nestjs/common';
import { MAX_BODY, mergeAnswers, refusalAnswer, toStoredAnswer } from '../../../lib/hooks/index.js';
import type { FinishAnswer } from '../../../lib/index.js';

function textOf(answer: { body?: string }): string | undefined {
  return answer.body === undefined ? undefined : Buffer.from(answer.body, 'base64').toString();
}

describe('toStoredAnswer', () => {
  it.each<[string, FinishAnswer, number, object, string | undefined]>([
    ['nothing', {}, 204, {}, undefined],
    ['headers', { headers: { 'X-Id': '7' } }, 204, { 'x-id': '7' }, undefined],
    ['a text', { body: 'Größe' }, 200, { 'content-type': 'text/plain; charset=utf-8' }, 'Größe'],
    ['an empty text', { body: '' }, 200, { 'content-type': 'text/plain; charset=utf-8' }, ''],
    [
      'an object',
      { body: { id: 7 } },
      200,
      { 'content-type': 'application/json; charset=utf-8' },
      '{"id":7}',
    ],
    [
      'a text of another type',
      { body: '<p>', headers: { 'Content-Type': 'text/html' } },
      200,
      { 'content-type': 'text/html' },
      '<p>',
    ],
    ['a status', { status: 202 }, 202, {}, undefined],
    [
      'a status and a body',
      { status: 202, body: 'later' },
      202,
      { 'content-type': 'text/plain; charset=utf-8' },
      'later',
    ],
  ])('keeps %s', (_name, answer, status, headers, body) => {
    const stored = toStoredAnswer(answer);

    expect(stored).toMatchObject({ status, headers });
    expect(Object.keys(stored.headers)).toEqual(Object.keys(headers));
    expect(textOf(stored)).toBe(body);
  });

  it.each([199, 300, 404, 200.5, NaN])('refuses the status %d', (status) => {
    expect(() => toStoredAnswer({ status })).toThrow(RangeError);
  });

  it('keeps a body of 64 KiB, and refuses a longer one with both sizes', () => {
    const longest = 'é'.repeat(MAX_BODY / 2);

    expect(textOf(toStoredAnswer({ body: longest }))).toBe(longest);
    expect(() => toStoredAnswer({ body: `${longest}.` })).toThrow(
      new RangeError('The body of a last answer has 65537 bytes, 64 KiB are allowed.'),
    );
    expect(() => toStoredAnswer({ body: { longest } })).toThrow(RangeError);
  });

  it.each([
    ['a value that no header can have', { 'X-Name': '日本語' }],
    ['a value of two lines', { 'X-Name': 'a\r\nX-Other: b' }],
    ['a name that no header can have', { 'X Name': 'a' }],
    ['no value', { 'X-Name': undefined as unknown as string }],
  ])('refuses a header with %s, naming it', (_name, headers) => {
    expect(() => toStoredAnswer({ headers })).toThrow(/X[ -]Name/i);
  });

  it('takes a number as a header, as Node does', () => {
    const headers = { 'X-Id': 7 as unknown as string };

    expect(toStoredAnswer({ headers }).headers).toEqual({ 'x-id': '7' });
  });
});

describe('refusalAnswer', () => {
  it.each<[string, HttpException, number, unknown]>([
    [
      'a message',
      new BadRequestException('A virus.'),
      400,
      { message: 'A virus.', error: 'Bad Request', statusCode: 400 },
    ],
    ['an object', new UnprocessableEntityException({ code: 'virus' }), 422, { code: 'virus' }],
    [
      'a bare text',
      new HttpException('A virus.', 418),
      418,
      { statusCode: 418, message: 'A virus.' },
    ],
  ])('says of %s what Nest says', (_name, exception, status, body) => {
    const answer = refusalAnswer(exception);

    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(JSON.parse(textOf(answer)!)).toEqual(body);
  });

  it('keeps the status of a refusal whose words are too many', () => {
    const answer = refusalAnswer(new BadRequestException('x'.repeat(MAX_BODY)));

    expect(answer.status).toBe(400);
    expect(answer).not.toHaveProperty('body');
  });
});

describe('mergeAnswers', () => {
  it('is the one answer there is', () => {
    const answer = { body: 'text' };

    expect(mergeAnswers(undefined, answer)).toBe(answer);
    expect(mergeAnswers(answer, undefined)).toBe(answer);
    expect(mergeAnswers(undefined, undefined)).toBeUndefined();
  });

  it('joins headers, and prefers the later of two where both say something', () => {
    const first = { status: 200, body: 'first', headers: { a: '1', b: '1' } };

    expect(mergeAnswers(first, { headers: { b: '2', c: '2' } })).toEqual({
      status: 200,
      body: 'first',
      headers: { a: '1', b: '2', c: '2' },
    });
    expect(mergeAnswers(first, { status: 202, body: 'second' })).toEqual({
      status: 202,
      body: 'second',
      headers: { a: '1', b: '1' },
    });
  });
});
