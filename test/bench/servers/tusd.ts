import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchServer, Place } from './bench-server.js';
import { usageOf, type Usage } from './usage.js';

/** Path of the `tusd` on the PATH; `undefined` where there is none. */
export async function findTusd(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'tusd');
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** The reference server of tus, which is written in Go. Linux only. */
export class TusdServer implements BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts it; resolves once it listens. */
  static async start(binary: string, { folder }: Place): Promise<TusdServer> {
    const port = await freePort();
    const args = ['-host=127.0.0.1', `-port=${port}`, `-upload-dir=${folder}`];
    const quiet = ['-base-path=/files/', '-verbose=false', '-expose-metrics=false'];
    const child = spawn(binary, [...args, ...quiet], { stdio: 'ignore' });
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error('tusd ended before it listened.');
      await pause(10);
    }
    return new TusdServer(child, port);
  }

  async observe(): Promise<Usage> {
    await writeFile(`/proc/${this.child.pid}/clear_refs`, '5');
    return this.usage();
  }

  usage(): Promise<Usage> {
    return usageOf(this.child.pid ?? 0);
  }

  ask<T>(command: string): Promise<T> {
    return Promise.reject(new Error(`tusd cannot be asked to ${command}.`));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

/** A port nobody listens on: tusd does not tell which one the system gave it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).then((answer) => {
    socket.destroy();
    return answer as boolean;
  });
}
