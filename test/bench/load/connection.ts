import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseAnswer, type Answer } from './answer.js';

interface Waiting {
  readonly toHead: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection that is kept alive, and does as little as it can for each request: it shares the
 * processors with the server that is measured.
 */
export class Connection {
  private received = '';
  private waiting?: Waiting;
  private whenRoom?: () => void;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => this.take(data.toString('latin1')));
    socket.on('drain', () => this.goOn());
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The server closed the connection.')));
  }

  /** Connects; resolves once the connection stands. */
  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Sends a request without a body, or with a short one, and waits for the answer. */
  request(head: string, body?: Uint8Array): Promise<Answer> {
    const answer = this.answer(head.startsWith('HEAD '));
    if (body) this.socket.cork();
    this.socket.write(head, 'latin1');
    if (body) {
      this.socket.write(body);
      this.socket.uncork();
    }
    return answer;
  }

  /** Waits for the next answer. */
  answer(toHead = false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { toHead, resolve, reject };
    });
  }

  /** Sends some bytes; resolves once there is room for more. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (this.socket.write(bytes) || this.socket.destroyed) return;
    await new Promise<void>((resolve) => (this.whenRoom = resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    const { waiting } = this;
    if (!waiting) return;
    const parsed = parseAnswer(this.received, waiting.toHead);
    if (!parsed) return;
    this.received = this.received.slice(parsed.length);
    this.waiting = undefined;
    waiting.resolve(parsed.answer);
  }

  private fail(error: Error): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(error);
    this.goOn();
  }

  /** Lets the sending go on; on a connection that is gone it comes to its end at once. */
  private goOn(): void {
    const { whenRoom } = this;
    this.whenRoom = undefined;
    whenRoom?.();
  }
}
