import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  hasParserFor,
  type FastifyContext,
} from '../../../../lib/http/platform/fastify-parsers.js';

interface Fastify extends FastifyContext {
  addContentTypeParser(type: string | RegExp, parser: (...args: unknown[]) => void): void;
}

const TYPE = 'Application/Offset+octet-stream; a=b';

function fastify(...types: (string | RegExp)[]): Fastify {
  const app = new FastifyAdapter().getInstance() as unknown as Fastify;
  for (const type of types) app.addContentTypeParser(type, () => undefined);
  return app;
}

describe('hasParserFor()', () => {
  it.each([
    ['its name', 'application/offset+octet-stream'],
    ['a pattern', /^application\/offset/],
    ['*', '*'],
  ])('knows a parser for %s', (_name, type) => {
    expect(hasParserFor(fastify(type), TYPE)).toBe(true);
  });

  it.each([
    ['none', []],
    ['those of other types', ['video/mp4', /^text\//]],
  ])('knows that there is none beside %s', (_name, types) => {
    expect(hasParserFor(fastify(...types), TYPE)).toBe(false);
  });

  it('makes do with names where Fastify shows no more', () => {
    const context: FastifyContext = { hasContentTypeParser: (type) => type === 'video/mp4' };

    expect(hasParserFor(context, 'video/mp4')).toBe(true);
    expect(hasParserFor(context, TYPE)).toBe(false);
  });
});
