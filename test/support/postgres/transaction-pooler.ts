import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { connectTo, startMessage, urlThrough } from './wire.js';

/** Kinds of messages (PostgreSQL, §Message Formats). */
const [QUERY, SYNC, TERMINATE, READY] = [...'QSXZ'].map((kind) => kind.charCodeAt(0));

/** What ReadyForQuery says outside of a transaction. */
const IDLE = 'I'.charCodeAt(0);

/** A client, with what it has asked for and was not passed on yet. */
interface Client {
  readonly socket: Socket;
  readonly waiting: Buffer[];
}

/**
 * A way to a PostgreSQL server like that through PgBouncer in transaction mode, with one connection for
 * all clients: each has it for a transaction, and what is left on it, such as prepared statements, is
 * there for the next. What comes in between is heard by none.
 */
export class TransactionPooler {
  private readonly clients: Client[] = [];
  /** The client that has the connection. */
  private current?: Client;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly upstream: Socket,
    /** What the server has said when the connection was opened. */
    private readonly greeting: Buffer,
  ) {}

  /** @param url of the server, by a socket or by TCP, that asks for no password */
  static async start(url: string): Promise<TransactionPooler> {
    const target = new URL(url);
    const upstream = connectTo(target);
    upstream.write(startMessage(target.username, target.pathname.slice(1)));
    const [greeting] = (await once(upstream, 'data')) as [Buffer];
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pooler = new TransactionPooler(server, target, upstream, greeting);
    server.on('connection', (socket) => pooler.join(socket));
    eachMessage(upstream, (message) => pooler.answer(message));
    return pooler;
  }

  get url(): string {
    return urlThrough(this.server, this.target);
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    this.upstream.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(socket: Socket): void {
    const client: Client = { socket, waiting: [] };
    this.clients.push(client);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(this.greeting);
      let batch: Buffer[] = [];
      eachMessage(socket, (message) => {
        if (message[0] === TERMINATE) return socket.end();
        batch.push(message);
        if (message[0] !== QUERY && message[0] !== SYNC) return;
        client.waiting.push(Buffer.concat(batch));
        batch = [];
        this.passOn();
      });
    });
  }

  private passOn(): void {
    this.current ??= this.clients.find(({ waiting }) => waiting.length > 0);
    const next = this.current?.waiting.shift();
    if (next) this.upstream.write(next);
  }

  private answer(message: Buffer): void {
    this.current?.socket.write(message);
    if (message[0] !== READY) return;
    if (message[5] === IDLE) this.current = undefined;
    this.passOn();
  }
}

/** Calls with each message that comes, whole. */
function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let end = endOf(rest); end <= rest.length; end = endOf(rest)) {
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}

/** Where the first message ends. */
function endOf(bytes: Buffer): number {
  return bytes.length < 5 ? Infinity : 1 + bytes.readInt32BE(1);
}
