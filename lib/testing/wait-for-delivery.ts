import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery, Upload } from '../interfaces/index.js';
import type { TusService } from '../tus.service.js';

/** Milliseconds between two looks. */
const PAUSE = 10;

/**
 * How long `waitForDelivery()` waits.
 *
 * @publicApi
 */
export interface WaitOptions {
  /**
   * Milliseconds, as test runners have them.
   *
   * @default 5000
   */
  timeout?: number;
}

/**
 * Waits until an upload is finished and all its `@OnUploadFinished()` handlers have succeeded.
 *
 * @param tus the service of the instance that has the upload
 * @returns the upload as it is then
 * @throws Error when there is no such upload, when it ends in another way, when a delivery is given up,
 *   or at the timeout; it says what was waited for, and what the handler threw last
 * @publicApi
 */
export async function waitForDelivery(
  tus: Pick<TusService, 'find' | 'deliveries'>,
  id: string,
  { timeout = 5000 }: WaitOptions = {},
): Promise<Upload> {
  const end = performance.now() + timeout;
  for (;;) {
    const upload = await tus.find(id);
    if (!upload) throw new Error(`There is no upload ${id}.`);
    // Deliveries are there as soon as it is finished.
    const { items } = await tus.deliveries({ uploadId: id });
    if (upload.state === 'finished' && items.length === 0) return upload;
    const dead = items.find(({ state }) => state === 'dead');
    if (dead) throw new Error(`${dead.handler} was given up on for ${id}: ${dead.error}`);
    const isOver = upload.state !== 'finished' && upload.state !== 'receiving';
    if (isOver) throw new Error(`The upload ${id} is ${upload.state}.`);
    if (performance.now() >= end) {
      throw new Error(`After ${timeout} ms ${describe(upload, items)}.`);
    }
    await sleep(PAUSE);
  }
}

function describe({ id, state, offset, length }: Upload, waiting: readonly Delivery[]): string {
  if (state !== 'finished') return `${id} has ${offset} of ${length ?? 'unknown'} bytes`;
  return waiting.map((delivery) => describeDelivery(id, delivery)).join(', and ');
}

function describeDelivery(id: string, { handler, state, attempt, error }: Delivery): string {
  const last = error === undefined ? '' : `, and has thrown: ${error}`;
  return `${handler} is ${state} for ${id} (attempt ${attempt})${last}`;
}
