import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { endAfterSpec } from './leftovers.js';

export interface ProcessOptions {
  /** Options of Node, in place of those that let it start fast. */
  readonly nodeOptions?: readonly string[];
  /** A command that replaces itself by the one that follows it. */
  readonly prefix?: readonly string[];
  /** Its environment; that of this process unless given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whose it is. */
  readonly uid?: number;
}

/** Most live for a moment, in which what the optimizer does never pays: a quarter of the start. */
const FAST_START = ['--no-opt'];

/** A script in a process of its own; one that is left over is killed after its spec. */
export class TestProcess {
  /** What it prints, as `line` events. */
  readonly lines: Interface;
  /** What it has printed, from its start on. */
  readonly printed: string[] = [];
  /** What it has sent, oldest first. */
  readonly messages: unknown[] = [];
  /** What it has written to its error output, its log of errors included. */
  errorOutput = '';

  private readonly child: ChildProcess;
  private readonly told = new EventEmitter();
  private isOver = false;

  constructor(script: string, parameters: readonly string[], options: ProcessOptions = {}) {
    const { nodeOptions = FAST_START, prefix = [], env, uid } = options;
    // Without source maps, which make the start of a process a sixth dearer.
    const node = [process.execPath, ...nodeOptions, script];
    const [command, ...args] = [...prefix, ...node, ...parameters] as [string, ...string[]];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env, uid });
    this.child = child;
    this.lines = createInterface(child.stdout!);
    this.lines.on('line', (line) => this.keep(this.printed, line));
    child.stderr!.on('data', (data: Buffer) => (this.errorOutput += data.toString()));
    child.on('message', (message) => this.keep(this.messages, message));
    const forget = endAfterSpec(() => this.kill());
    child.once('close', () => {
      forget();
      this.isOver = true;
      this.told.emit('told');
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Whether the process still runs. */
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends it a message. */
  send(message: object): void {
    this.child.send(message);
  }

  /**
   * Waits until it has told something, in messages or lines.
   *
   * @param find looks for it, each time it has told more
   * @throws Error where it ends without, with its error output
   */
  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.isOver) throw new Error(`The process ended: ${this.errorOutput}`);
      await once(this.told, 'told');
    }
  }

  /** Ends the process without giving it a chance to do anything; nothing happens when it ended. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the process the ordinary way, as far as it needs no farewell. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Keeps it from doing anything until it is thawed. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /**
   * Sends a signal and waits for the end.
   *
   * @returns the signal that ended the process; none when it ended by itself
   */
  async end(signal: NodeJS.Signals): Promise<NodeJS.Signals | undefined> {
    if (this.alive) this.child.kill(signal);
    return this.ended();
  }

  /** Waits until the process ends by itself, or by a fault of its own. */
  async ended(): Promise<NodeJS.Signals | undefined> {
    if (!this.isOver) await once(this.child, 'close');
    return this.child.signalCode ?? undefined;
  }

  /** What it has ended with by itself; `undefined` where a signal has ended it. */
  get exitCode(): number | undefined {
    return this.child.exitCode ?? undefined;
  }

  /** How many files and sockets it has open; `undefined` where the system does not tell. */
  async countDescriptors(): Promise<number | undefined> {
    return readdir(`/proc/${this.pid}/fd`).then(
      (descriptors) => descriptors.length,
      () => undefined,
    );
  }

  private keep<T>(told: T[], what: T): void {
    told.push(what);
    this.told.emit('told');
  }
}
