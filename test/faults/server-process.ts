import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CleanupReport } from '../../lib/index.js';
import { request } from '../support/http-client.js';
import type { HttpRequest, HttpResponse, HttpTarget } from '../support/http-client.js';
import type { ServerSettings, ServerStats } from './server-settings.js';

const SERVER = fileURLToPath(new URL('./server.js', import.meta.url));

export interface StartOptions {
  /** Further options of Node, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** A command that replaces itself by the one that follows it. */
  readonly prefix?: readonly string[];
  /** Its environment; that of this process unless given. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A server in a process of its own, which can be killed. */
export class ServerProcess implements HttpTarget {
  readonly host = '127.0.0.1';

  private constructor(
    private readonly child: ChildProcess,
    /** What it prints, as `line` events. */
    readonly lines: Interface,
    /** What it has printed, from its start on. */
    readonly printed: readonly string[],
    readonly port: number,
    private readonly errors: ErrorOutput,
  ) {}

  /** Starts a server; resolves once it listens. */
  static start(settings: ServerSettings, options: StartOptions = {}): Promise<ServerProcess> {
    return ServerProcess.startScript(SERVER, [JSON.stringify(settings)], options);
  }

  /** Starts a script that prints which port it listens on, as `server.js` does. */
  static async startScript(
    script: string,
    parameters: readonly string[],
    { nodeOptions = [], prefix = [], env }: StartOptions = {},
  ): Promise<ServerProcess> {
    // Without source maps, which make the start of a process a sixth dearer.
    const node = [process.execPath, ...nodeOptions, script];
    const [command, ...args] = [...prefix, ...node, ...parameters] as [string, ...string[]];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const lines = createInterface(child.stdout);
    const printed: string[] = [];
    lines.on('line', (line) => printed.push(line));
    const errors = new ErrorOutput(child);
    const port = await portOf(child, lines, errors);
    return new ServerProcess(child, lines, printed, port, errors);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Whether the process still runs. */
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What the server wrote to its error output, its log of errors included. */
  get errorOutput(): string {
    return this.errors.text;
  }

  /** Ends the process without giving it a chance to do anything. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the process the ordinary way, as far as it needs no farewell. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  request(options: HttpRequest): Promise<HttpResponse> {
    return request(this, options);
  }

  async stats(): Promise<ServerStats> {
    const { text } = await this.request({ path: '/control/stats' });
    return JSON.parse(text) as ServerStats;
  }

  /** Makes a cleanup pass over the uploads that expire soon. */
  async cleanup(): Promise<CleanupReport> {
    const { text } = await this.request({ method: 'POST', path: '/control/cleanup' });
    return JSON.parse(text) as CleanupReport;
  }

  /** How many files and sockets the process has open; `undefined` where the system does not tell. */
  async countDescriptors(): Promise<number | undefined> {
    return readdir(`/proc/${this.pid}/fd`).then(
      (descriptors) => descriptors.length,
      () => undefined,
    );
  }

  /**
   * Sends a signal and waits for the end.
   *
   * @returns the signal that ended the process; none when it ended by itself
   */
  async end(signal: NodeJS.Signals): Promise<NodeJS.Signals | undefined> {
    if (this.alive) {
      const closed = once(this.child, 'close');
      this.child.kill(signal);
      await closed;
    }
    return this.child.signalCode ?? undefined;
  }

  /** Waits until the process ends by itself, or by a fault of its own. */
  async ended(): Promise<NodeJS.Signals | undefined> {
    if (this.alive) await once(this.child, 'close');
    return this.child.signalCode ?? undefined;
  }
}

/** All that a process has written to its error output, from its start on. */
class ErrorOutput {
  text = '';

  constructor(child: ChildProcess) {
    child.stderr?.on('data', (data: Buffer) => (this.text += data.toString()));
  }
}

async function portOf(child: ChildProcess, lines: Interface, errors: ErrorOutput): Promise<number> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const [, port] = /^listening on (\d+)$/.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', () => reject(new Error(`The server did not start: ${errors.text}`)));
  });
}
