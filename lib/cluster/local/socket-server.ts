import { once } from 'node:events';
import { chmod, chown, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { asError } from '../../errors/index.js';
import { PRIVATE_FILE } from '../../folder/index.js';
import { onMessage, send, type Question } from './messages.js';
import { removeSocket, withSocketAddress } from './socket-address.js';

/** Answers what another process asks. */
export type Answerer = (question: Question) => Promise<string>;

/**
 * The socket at which a process hears the others.
 *
 * That it takes connections is the sign of life: the system itself closes it when the process
 * dies, however it dies.
 */
export class SocketServer {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(
    private readonly folder: string,
    private readonly identity: string,
    private readonly answerer: Answerer,
  ) {
    this.server = createServer((socket) => this.greet(socket));
  }

  /** @throws Error of the system when there can be no socket in the folder */
  static async open(folder: string, identity: string, answerer: Answerer): Promise<SocketServer> {
    const socketServer = new SocketServer(folder, identity, answerer);
    await withSocketAddress(folder, identity, (address) => socketServer.listen(address));
    return socketServer;
  }

  /** Takes no more connections, and ends those there are. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    // First, so that a process that sees its connection end cannot come in again.
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
    await removeSocket(this.folder, this.identity);
  }

  private async listen(path: string): Promise<void> {
    // Exclusive: in a worker of node:cluster it would else be the primary's, and outlive the worker.
    this.server.listen({ path, exclusive: true });
    await once(this.server, 'listening');
    // Where that cannot be, the folder around it keeps others out.
    if (process.platform !== 'win32') await this.narrow(path).catch(() => undefined);
    this.server.unref();
  }

  /** The socket of one that runs as root is its folder's user's, so that the others reach it. */
  private async narrow(path: string): Promise<void> {
    await chmod(path, PRIVATE_FILE);
    if (process.geteuid?.() !== 0) return;
    const { uid, gid } = await stat(this.folder);
    await chown(path, uid, gid);
  }

  private greet(socket: Socket): void {
    this.sockets.add(socket);
    socket.unref();
    socket.on('close', () => this.sockets.delete(socket));
    // That a connection broke is told by its end.
    socket.on('error', () => undefined);
    onMessage<Question>(socket, (question) => void this.answer(socket, question));
  }

  private async answer(socket: Socket, question: Question): Promise<void> {
    const { number } = question;
    try {
      send(socket, { number, body: await this.answerer(question) });
    } catch (error) {
      send(socket, { number, error: asError(error).message });
    }
  }
}
