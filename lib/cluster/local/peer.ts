import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { onMessage, send, type Answer } from './messages.js';
import { withSocketAddress } from './socket-address.js';

/** What a socket answers whose process has ended, and one that was removed. */
const GONE: readonly unknown[] = ['ECONNREFUSED', 'ENOENT'];

/**
 * What a socket answers whose process is too busy to take connections (Linux), and one whose process
 * ends right now, with ours among those it has not taken yet.
 */
const UNDECIDED: readonly unknown[] = ['EAGAIN', 'ECONNRESET'];

/** Milliseconds for which is tried again, and between two tries. */
const PATIENCE = 10_000;
const PAUSE = 100;

/** The connection to a process ended, which need not mean that the process did. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
}

interface Waiting {
  readonly resolve: (body: string) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to another process, to ask it things and to notice when it ends. */
export class Peer {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly me: string,
  ) {
    socket.unref();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.rejectAll();
        resolve();
      });
    });
    onMessage<Answer>(socket, (answer) => this.take(answer));
  }

  /**
   * Connects to a process.
   *
   * @param me identity of the one that asks
   * @returns `undefined` when the process has ended
   * @throws Error of the system when that cannot be told
   */
  static async reach(folder: string, identity: string, me: string): Promise<Peer | undefined> {
    try {
      const connected = async (address: string) => new Peer(await connectPatiently(address), me);
      return await withSocketAddress(folder, identity, connected);
    } catch (error) {
      if (GONE.includes(codeOf(error))) return undefined;
      throw error;
    }
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /**
   * @returns what the process answers
   * @throws LinkLostError when the connection ends before that
   */
  ask(topic: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new LinkLostError());
      const number = ++this.asked;
      this.waiting.set(number, { resolve, reject });
      send(this.socket, { number, from: this.me, topic, body });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take({ number, body, error }: Answer): void {
    const waiting = this.waiting.get(number);
    this.waiting.delete(number);
    if (error === undefined) waiting?.resolve(body ?? '');
    else waiting?.reject(new Error(error));
  }

  private rejectAll(): void {
    for (const { reject } of this.waiting.values()) reject(new LinkLostError());
    this.waiting.clear();
  }
}

async function connectPatiently(address: string): Promise<Socket> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      const socket = connect(address);
      // That it broke is told by its end, or by what is waited for here.
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (!UNDECIDED.includes(codeOf(error)) || Date.now() > deadline) throw error;
      await pause(PAUSE);
    }
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
