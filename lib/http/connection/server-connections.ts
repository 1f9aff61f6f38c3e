import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { bearerOf, cut, type RequestBearer } from './connection.js';
import { isOwn } from './own-requests.js';

/** Milliseconds between two looks while a server closes. */
const PAUSE = 50;

/** What is known of a connection. */
interface Connection {
  /**
   * Its socket; under TLS the one beneath, until the handshake is done. Absent where only a session is
   * known.
   */
  socket?: Socket;
  /** Over HTTP/2, what has its requests. */
  session?: Http2Session;
  /** Requests that are not answered yet. */
  readonly running: Set<RequestBearer>;
  /**
   * Bytes sent when the last request was answered: more of them belong to another protocol, such as
   * WebSocket. Absent where bytes tell nothing, as during a handshake.
   */
  written?: number;
}

const watched = new WeakMap<Server, ServerConnections>();

/**
 * The connections of a server, with TLS and HTTP/2 or without, and what runs on them.
 *
 * A closing server waits for all of them, and Node no longer limits their time. A client that sends
 * nothing, half a handshake or half a head, or holds an idle session of HTTP/2, would hold up the
 * end of the app for ever.
 */
export class ServerConnections {
  private readonly connections = new Map<unknown, Connection>();
  /** By what a request knows of its connection: a socket, or a session. */
  private readonly byCarrier = new WeakMap<object, Connection>();
  private readonly isPlain: boolean;
  private timer?: NodeJS.Timeout;

  private constructor(private readonly server: Server) {
    this.isPlain = server instanceof Server;
    server.on('connection', (socket: Socket) => this.accept(socket));
    server.on('secureConnection', (socket: Socket) => this.speak(socket));
    server.on('session', (session: Http2Session) => this.begin(session));
    server.on('stream', (stream: ServerHttp2Stream) => this.onStream(stream));
    server.prependListener('request', (req: IncomingMessage, res: ServerResponse) =>
      this.onRequest(req, res),
    );
  }

  /** The connections of a server, which is watched from now on. */
  static of(server: Server): ServerConnections {
    const connections = watched.get(server) ?? new ServerConnections(server);
    watched.set(server, connections);
    return connections;
  }

  /**
   * Once the server takes no new connections, and until it has closed: ends connections on which no
   * request is under way, and lets sessions begin no further request.
   *
   * @param until time (`performance.now()`) from which on those of requests for uploads are ended
   *   too
   */
  endWithServer(until: number): void {
    if (this.timer) return;
    this.timer = setInterval(() => {
      if (!this.server.listening) this.end(performance.now() >= until);
    }, PAUSE).unref();
    this.server.once('close', () => {
      clearInterval(this.timer);
      this.timer = undefined;
    });
  }

  /** Takes a request into account, on a connection that may be older than this watch. */
  onRequest(req: IncomingMessage, res: ServerResponse): void {
    const bearer = bearerOf(req);
    if (bearer !== req) return this.onStream(bearer as ServerHttp2Stream);
    const { socket } = req;
    const connection = this.byCarrier.get(socket) ?? this.speak(socket);
    connection.running.add(req);
    res.once('close', () => {
      connection.running.delete(req);
      connection.written = socket.bytesWritten;
    });
  }

  /** Counts the streams of WebSockets too, which are no requests. */
  private onStream(stream: ServerHttp2Stream): void {
    const { session } = stream;
    if (!session) return;
    const { running } = this.byCarrier.get(session) ?? this.begin(session);
    if (running.has(stream)) return;
    running.add(stream);
    stream.once('close', () => running.delete(stream));
  }

  private accept(socket: Socket): void {
    if (this.isPlain) this.speak(socket);
    // Without an address, it could not be told later which connection speaks.
    else if (socket.remotePort !== undefined) this.add(socket).socket ??= socket;
  }

  /** Requests may come over the socket itself from now on. */
  private speak(socket: Socket): Connection {
    const connection = this.add(socket);
    connection.socket = socket;
    connection.written = socket.bytesWritten;
    this.byCarrier.set(socket, connection);
    return connection;
  }

  private begin(session: Http2Session): Connection {
    const connection = this.add(session.socket as Socket);
    connection.session = session;
    this.byCarrier.set(session, connection);
    return connection;
  }

  /** TLS and HTTP/2 have each their own view of a socket; what they share are its two ends. */
  private add(socket: Socket): Connection {
    const key = this.isPlain ? socket : (endsOf(socket) ?? socket);
    const known = this.connections.get(key);
    if (known) return known;
    const connection: Connection = { running: new Set() };
    this.connections.set(key, connection);
    socket.once('close', () => this.connections.delete(key));
    return connection;
  }

  private end(areUploadsOver: boolean): void {
    for (const connection of this.connections.values()) {
      if (areUploadsOver) cutUploads(connection);
      if (isHeadless(connection)) close(connection);
      else beginNoMore(connection);
    }
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket) {
  if (remotePort === undefined) return undefined;
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function isHeadless({ socket, session, running, written }: Connection): boolean {
  if (running.size > 0) return false;
  return session !== undefined || written === undefined || socket?.bytesWritten === written;
}

/** What runs on a session may come to its end (RFC 9113 §6.8), after which its client may linger. */
function beginNoMore({ socket, session }: Connection): void {
  if (socket && session?.closed === false) session.close();
}

/**
 * A session tells its client. An ended session may still wait for its client to close the
 * connection.
 */
function close({ socket, session }: Connection): void {
  if (session?.destroyed === false) session.destroy();
  else socket?.destroy();
}

function cutUploads({ running }: Connection): void {
  for (const bearer of running) if (isOwn(bearer)) cut(bearer);
}
