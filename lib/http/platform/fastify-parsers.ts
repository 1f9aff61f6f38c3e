/** What Fastify keeps the parsers of a context in. */
interface Parsers {
  getParser(type: string): unknown;
}

/** A context of Fastify: the app, or one that is encapsulated in it. */
export interface FastifyContext {
  hasContentTypeParser(type: string): boolean;
}

/**
 * Whether a context has a parser for bodies of a type: one of that name, for a pattern, or for `*`.
 *
 * Fastify answers for names only. What it would choose lies under a symbol of its own; where a
 * version has no such symbol any more, names have to do.
 */
export function hasParserFor(context: FastifyContext, type: string): boolean {
  const parsers = parsersOf(context);
  return parsers ? parsers.getParser(type) !== undefined : context.hasContentTypeParser(type);
}

function parsersOf(context: object): Parsers | undefined {
  const symbol = Object.getOwnPropertySymbols(context).find(
    ({ description }) => description === 'fastify.contentTypeParser',
  );
  return symbol && (Reflect.get(context, symbol) as Parsers);
}
