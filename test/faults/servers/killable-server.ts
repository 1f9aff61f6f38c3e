import { fileURLToPath } from 'node:url';
import type { CleanupReport } from '../../../lib/index.js';
import { ServerProcess } from '../../support/server-process.js';
import type { ProcessOptions } from '../../support/test-process.js';
import type { ServerSettings, ServerStats } from './server-settings.js';

const SERVER = fileURLToPath(new URL('./journal-server.js', import.meta.url));

/** A server that keeps a journal of what its handlers are told, to be killed or measured. */
export class KillableServer extends ServerProcess {
  /** Starts a server; resolves once it listens. */
  static start(settings: ServerSettings, options?: ProcessOptions): Promise<KillableServer> {
    return new KillableServer(SERVER, [JSON.stringify(settings)], options).listening();
  }

  async stats(): Promise<ServerStats> {
    const { text } = await this.request({ path: '/control/stats' });
    return JSON.parse(text) as ServerStats;
  }

  /** Has all uploads removed that it knows of. */
  async clear(): Promise<void> {
    const { status, text } = await this.request({ method: 'POST', path: '/control/clear' });
    if (status !== 201) throw new Error(`Uploads were not removed: ${status} ${text}`);
  }

  /** Makes a cleanup pass over the uploads that expire soon. */
  async cleanup(): Promise<CleanupReport> {
    const { text } = await this.request({ method: 'POST', path: '/control/cleanup' });
    return JSON.parse(text) as CleanupReport;
  }
}
