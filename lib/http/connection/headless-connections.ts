import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds between two looks while a server closes. */
const PAUSE = 100;

/** What is known of a connection. */
interface State {
  /** Requests that are not answered yet. */
  running: number;
  /** Bytes sent when the last one was: more of them are another protocol's, such as WebSocket. */
  written: number;
}

const watched = new WeakMap<Server, HeadlessConnections>();

/**
 * The connections of a server on which no request is under way, for its head has not come whole.
 *
 * A server that closes waits for them, and Node has then stopped to watch their time: a client that
 * sends nothing, or half a head, would hold up the end of the app for ever.
 */
export class HeadlessConnections {
  private readonly states = new Map<Socket, State>();

  private timer?: NodeJS.Timeout;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => this.add(socket));
    server.prependListener('request', (req: IncomingMessage, res: ServerResponse) =>
      this.onRequest(req, res),
    );
  }

  /** Those of a server; `undefined` of one with TLS or HTTP/2, whose sockets are not its requests'. */
  static of(server: Server): HeadlessConnections | undefined {
    if (!(server instanceof Server)) return undefined;
    const headless = watched.get(server) ?? new HeadlessConnections(server);
    watched.set(server, headless);
    return headless;
  }

  /** Ends them as soon as the server takes no new ones, and until it has closed. */
  endWithServer(): void {
    if (this.timer) return;
    this.timer = setInterval(() => {
      if (!this.server.listening) this.end();
    }, PAUSE).unref();
    this.server.once('close', () => {
      clearInterval(this.timer);
      this.timer = undefined;
    });
  }

  /** Takes a request into account, on a connection that may be older than this watch. */
  onRequest({ socket }: IncomingMessage, res: ServerResponse): void {
    const state = this.states.get(socket) ?? this.add(socket);
    state.running += 1;
    res.once('close', () => {
      state.running -= 1;
      state.written = socket.bytesWritten;
    });
  }

  private end(): void {
    for (const [socket, { running, written }] of this.states) {
      if (running === 0 && socket.bytesWritten === written) socket.destroy();
    }
  }

  private add(socket: Socket): State {
    const state: State = { running: 0, written: 0 };
    this.states.set(socket, state);
    socket.once('close', () => this.states.delete(socket));
    return state;
  }
}
