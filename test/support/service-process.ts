import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { endAfterSpec } from './leftovers.js';

/** A service of the system, in a process of its own. */
export class ServiceProcess {
  private readonly forget = endAfterSpec(() => this.stop());

  private constructor(private readonly child: ChildProcess) {}

  /**
   * Starts a service that stays in the foreground.
   *
   * @param packages of Debian that it comes with
   * @throws Error that says so, where it is not there
   */
  static async start(
    command: string,
    parameters: readonly string[],
    packages: string,
  ): Promise<ServiceProcess> {
    const child = spawn(command, parameters, { stdio: 'ignore' });
    const failed = once(child, 'error').then(() => {
      throw new Error(`There is no ${command}: apt-get install ${packages}`);
    });
    await Promise.race([once(child, 'spawn'), failed]);
    failed.catch(() => undefined);
    return new ServiceProcess(child);
  }

  async stop(): Promise<void> {
    this.forget();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
