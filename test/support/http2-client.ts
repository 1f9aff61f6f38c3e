import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Settings,
} from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { HttpTarget } from './http-client.js';
import { OCTETS, TUS } from './tus-client.js';

/** One answer over HTTP/2. */
export interface Http2Answer {
  readonly headers: IncomingHttpHeaders & { ':status'?: number };
  readonly text: string;
  /** Headers of the 1xx answers that came before this one. */
  readonly interim: readonly (IncomingHttpHeaders & { ':status'?: number })[];
}

/** A request that is on its way. */
export interface Http2Exchange {
  readonly stream: ClientHttp2Stream;
  /** Resolves with the whole answer; `undefined` when the stream ends without one. */
  readonly answer: Promise<Http2Answer | undefined>;
  /** Resolves with the code the stream was closed with. */
  readonly closed: Promise<number>;
}

/** A client with one HTTP/2 connection. */
export class Http2Client {
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;

  private readonly session: ClientHttp2Session;

  /**
   * @param socket a connection with TLS; a plain one is made unless given
   * @param settings how many bytes of each answer it takes, above all (`initialWindowSize`)
   */
  constructor({ host, port }: HttpTarget, socket?: TLSSocket, settings?: Settings) {
    const createConnection = socket && (() => socket);
    const url = `${socket ? 'https' : 'http'}://${host}:${port}`;
    this.session = connect(url, { createConnection, settings });
    this.session.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.session.once('close', resolve));
  }

  /** Sends a request of tus, and leaves it open for more of its body. */
  begin(method: string, path: string, headers = {}, body?: string | Buffer): Http2Exchange {
    const type = body === undefined ? {} : { 'content-type': OCTETS };
    return this.open(method, path, { ...TUS, ...type, ...headers }, body);
  }

  /** Sends any request, and leaves it open for more of its body. */
  open(method: string, path: string, headers = {}, body?: string | Buffer): Http2Exchange {
    const stream = this.session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined },
    );
    // A stream that was reset is a fact a test looks at by `closed`.
    stream.on('error', () => undefined);
    if (body !== undefined) stream.write(body);
    const closed = new Promise<number>((resolve) =>
      stream.once('close', () => resolve(stream.rstCode ?? 0)),
    );
    return { stream, answer: answerOf(stream, closed), closed };
  }

  /** Sends a whole request; fails when it is not answered. */
  async ask(method: string, path: string, headers = {}, body?: string): Promise<Http2Answer> {
    const { stream, answer } = this.begin(method, path, headers, body);
    if (body !== undefined) stream.end();
    const whole = await answer;
    if (!whole) throw new Error(`No answer to ${method} ${path}.`);
    return whole;
  }

  /** Resolves once the connection stands. */
  async connected(): Promise<void> {
    if (this.session.connecting) await once(this.session, 'connect');
  }

  /** Resolves once the server has said that it takes no more requests. */
  async toldToGo(): Promise<void> {
    await once(this.session, 'goaway');
  }

  /** Closes the connection, once its requests are answered. */
  close(): Promise<void> {
    return new Promise((resolve) => this.session.close(() => resolve()));
  }

  /** Drops the connection. */
  destroy(): void {
    this.session.destroy();
  }
}

function answerOf(
  stream: ClientHttp2Stream,
  closed: Promise<unknown>,
): Promise<Http2Answer | undefined> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders | undefined;
    let text = '';
    const interim: IncomingHttpHeaders[] = [];
    stream.on('headers', (received) => interim.push(received));
    stream.on('response', (received) => (headers = received));
    stream.on('data', (data: Buffer) => (text += data.toString()));
    const tell = () => resolve(headers && { headers, text, interim });
    stream.on('end', tell);
    void closed.then(tell);
  });
}
