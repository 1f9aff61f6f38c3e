import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HttpTarget, PlatformName } from '../support/index.js';

const SERVER = fileURLToPath(new URL('./unverified-server.js', import.meta.url));

/** A server in a process of its own, which ends when it is killed and not before. */
export class KillableServer implements HttpTarget {
  readonly host = '127.0.0.1';

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Resolves once it listens. */
  static async start(platform: PlatformName, tmpFileDir: string): Promise<KillableServer> {
    const child = fork(SERVER, [platform, tmpFileDir], { execArgv: [] });
    const ended = once(child, 'exit').then(() => {
      throw new Error('The server did not start.');
    });
    const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
    ended.catch(() => undefined);
    return new KillableServer(child, port);
  }

  /** Ends the process without giving it a chance to do anything; nothing happens when it ended. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}
