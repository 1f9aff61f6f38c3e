import type { IncomingMessage } from 'node:http';
import type { HeaderFields } from '../../protocol/index.js';

/** The header lines of a request by name; Node has them ready, but not of HTTP/2. */
export function headerLines(req: IncomingMessage): HeaderFields {
  return (req as Partial<IncomingMessage>).headersDistinct ?? byName(req.rawHeaders);
}

/** The trailer lines of a request by name, once its body was read. */
export function trailerLines(req: IncomingMessage): HeaderFields {
  return (req as Partial<IncomingMessage>).trailersDistinct ?? byName(req.rawTrailers);
}

/** @param lines names and values in turn */
function byName(lines: readonly string[]): HeaderFields {
  const fields: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    (fields[lines[index].toLowerCase()] ??= []).push(lines[index + 1]);
  }
  return fields;
}
