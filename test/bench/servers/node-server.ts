import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchServer, Place } from './bench-server.js';
import type { Question, Ready, Reply } from './commands.js';
import type { Usage } from './usage.js';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A server that runs on Node, one of the scripts in this folder. */
export class NodeServer implements BenchServer {
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    child.on('message', (reply: Reply) => this.take(reply));
    child.once('exit', () => this.giveUp());
  }

  /**
   * Starts a script; resolves once it listens.
   *
   * @param settings handed to it as JSON
   */
  static async start(script: string, settings: object, place: Place): Promise<NodeServer> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = fork(path, [JSON.stringify(settings)], {
      execArgv: [...place.nodeOptions],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${script} ended before it listened.`);
    });
    const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [Ready];
    return new NodeServer(child, port);
  }

  observe(): Promise<Usage> {
    return this.ask('observe');
  }

  usage(): Promise<Usage> {
    return this.ask('usage');
  }

  ask<T>(command: string, argument?: unknown): Promise<T> {
    const number = this.asked++;
    const reply = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
    });
    this.child.send({ number, command, argument } satisfies Question);
    return reply as Promise<T>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    void this.ask('stop').catch(() => undefined);
    await exit;
  }

  private take({ number, result, error }: Reply): void {
    const { resolve, reject } = this.waiting.get(number) ?? {};
    this.waiting.delete(number);
    if (error === undefined) resolve?.(result);
    else reject?.(new Error(error));
  }

  private giveUp(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('The server has ended.'));
    this.waiting.clear();
  }
}
