import { request } from './http-client.js';
import type { HttpRequest, HttpResponse, HttpTarget } from './http-client.js';
import { TestProcess } from './test-process.js';
import type { ProcessOptions } from './test-process.js';

/** A server in a process of its own, whose script calls `serve()`. */
export class ServerProcess extends TestProcess implements HttpTarget {
  readonly host = '127.0.0.1';
  port = 0;

  /** Starts a server; resolves once it listens. */
  static startScript(
    script: string,
    parameters: readonly string[],
    options?: ProcessOptions,
  ): Promise<ServerProcess> {
    return new ServerProcess(script, parameters, options).listening();
  }

  request(options: HttpRequest): Promise<HttpResponse> {
    return request(this, options);
  }

  protected async listening(): Promise<this> {
    const ports = () => this.printed.map((line) => /^listening on (\d+)$/.exec(line)?.[1]);
    this.port = Number(await this.until(() => ports().find(Boolean)));
    return this;
  }
}
