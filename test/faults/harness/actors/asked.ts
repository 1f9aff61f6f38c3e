import type { HttpTarget } from '../../../support/http-client.js';
import { comeAgain } from '../../../support/come-again.js';
import { terminate } from '../../../support/tus-client.js';
import { find } from '../tally.js';
import type { Stage } from './stage.js';

/**
 * Asks a server that is not killed meanwhile. Only where there are several may it drop a request, for the
 * others may have taken it for a silent one; its client comes again then.
 */
export function asked<T>(
  { servers, tally }: Stage,
  ask: () => Promise<T>,
  onDropped: () => void = () => undefined,
): Promise<T> {
  if (servers.count === 1) return ask();
  return comeAgain(ask, () => {
    tally.requestsDropped++;
    onDropped();
  });
}

/**
 * Lets go of an upload.
 *
 * @returns whether it is gone: a handler that was cut off may be called once more before
 */
export async function letGo(
  stage: Stage,
  server: HttpTarget,
  upload: { readonly path: string },
): Promise<boolean> {
  let mayBeGone = false;
  const ask = () => terminate(server, upload);
  const { status } = await asked(stage, ask, () => (mayBeGone = true));
  const isGone = status === 204 || (mayBeGone && status === 410);
  const isStrange = !isGone && status !== 423;
  if (isStrange) find(stage.tally, 'strangeAnswers', `${upload.path}: DELETE was told ${status}`);
  return isGone;
}
