import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Where a server listens. */
export interface HttpTarget {
  readonly host: string;
  readonly port: number;
}

/** Header values by name; a list is sent as that many lines. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A body: bytes of a known length, or parts that are sent chunked. */
export type RequestBody = string | Uint8Array | readonly (string | Uint8Array)[];

export interface HttpRequest {
  /** `GET` unless told. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: HeaderValues;
  readonly body?: RequestBody;
}

/** An answer that comes before the final one, such as 104. */
export interface InterimResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  /** By lower-case name, repeated ones joined as Node joins them. */
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, in order; the name in any case. */
  all(name: string): string[];
  readonly body: Buffer;
  readonly text: string;
  /** The 1xx answers that came before this one. */
  readonly interim: readonly InterimResponse[];
}

/**
 * Sends one ordinary request on a connection of its own and reads the whole answer. With an `Expect`
 * header, the body follows once the server asks for it.
 *
 * The request asks to keep the connection alive, so that `Connection: close` in the answer is the
 * server's own wish. An answer that comes before the body is sent counts as an answer.
 */
export function request(target: HttpTarget, options: HttpRequest): Promise<HttpResponse> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return new Promise<HttpResponse>((resolve, reject) => {
    const interim: InterimResponse[] = [];
    const outgoing = httpRequest({
      host: target.host,
      port: target.port,
      method: options.method ?? 'GET',
      path: options.path,
      headers: headersOf(options),
      agent,
    });
    outgoing.on('information', ({ statusCode: status, headers }) =>
      interim.push({ status, headers }),
    );
    outgoing.on('response', (incoming) => {
      void readResponse(incoming, interim).then(resolve, reject);
    });
    const asked = `${options.method ?? 'GET'} ${options.path}`;
    outgoing.on('error', (error) => reject(Object.assign(error, { asked })));
    const send = () => sendBody(outgoing, options.body);
    if (options.headers?.Expect === undefined) send();
    else outgoing.once('continue', send);
  }).finally(() => agent.destroy());
}

function headersOf({ headers = {}, body }: HttpRequest): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  if (body !== undefined && !isParts(body)) {
    result['Content-Length'] = String(Buffer.byteLength(body));
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) {
      result[name] = typeof value === 'string' ? value : [...value];
    }
  }
  return result;
}

function sendBody(outgoing: ClientRequest, body: RequestBody | undefined): void {
  if (body === undefined || !isParts(body)) {
    outgoing.end(body);
    return;
  }
  outgoing.setHeader('Transfer-Encoding', 'chunked');
  for (const part of body) {
    outgoing.write(part);
  }
  outgoing.end();
}

function isParts(body: RequestBody): body is readonly (string | Uint8Array)[] {
  return Array.isArray(body);
}

async function readResponse(
  incoming: IncomingMessage,
  interim: readonly InterimResponse[],
): Promise<HttpResponse> {
  const parts: Buffer[] = [];
  for await (const part of incoming) {
    parts.push(part as Buffer);
  }
  const body = Buffer.concat(parts);
  return {
    status: incoming.statusCode!,
    reason: incoming.statusMessage!,
    headers: incoming.headers,
    all: (name) => incoming.headersDistinct[name.toLowerCase()] ?? [],
    body,
    text: body.toString(),
    interim,
  };
}
