import type { HttpTarget } from '../../../support/http-client.js';
import { createdBy, post } from '../../../support/tus-client.js';
import type { CreatedUpload, CreateOptions } from '../../../support/tus-client.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

/** Creates an upload; `undefined` when the server was killed, or its disk failed, before it said so. */
export function createUnlessKilled(
  { disk }: Stage,
  server: HttpTarget,
  options: CreateOptions,
): Promise<CreatedUpload | undefined> {
  return unlessKilled(async () => {
    const response = await post(server, options);
    return disk.excuses(response.status) ? undefined : createdBy(response);
  });
}
