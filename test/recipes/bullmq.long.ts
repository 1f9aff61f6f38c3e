import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { waitForDelivery } from '../../lib/testing/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import {
  PLATFORMS,
  eventually,
  makeTempFolder,
  removeTempFolder,
  uploadWhole,
} from '../support/index.js';
import { freePort } from '../support/s3/free-port.js';
import { ServiceProcess } from '../support/service-process.js';
import { useRecipe } from './recipe.js';

const port = await freePort();
process.env.REDIS_URL = `redis://127.0.0.1:${port}`;
const recipe = await import('../../sample/13-recipes/src/bullmq/app.module.js');
const { UploadQueue } = await import('../../sample/13-recipes/src/bullmq/upload-queue.js');

const folder = await makeTempFolder();
afterAll(() => removeTempFolder(folder));

async function startRedis(): Promise<ServiceProcess> {
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const redis = await ServiceProcess.start('redis-server', options, 'redis-server');
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
  });
  return redis;
}

describe.each(PLATFORMS)('The recipe for BullMQ on %s', (platform) => {
  let redis: ServiceProcess;
  beforeAll(async () => {
    redis = await startRedis();
  });
  const app = useRecipe(recipe, platform);
  afterAll(() => redis.stop());

  const isProcessed = (id: string) => access(join(app().home, 'processed', id));

  it('hands a finished upload over as one job, however often it is told', async () => {
    const { id } = await uploadWhole(app(), 'hello');
    await waitForDelivery(app().tus, id);
    await eventually(() => isProcessed(id));

    const upload = { id, path: 'none' } as FinishedUpload;
    await app().nest.get(UploadQueue).add(upload);
    const queue = app().nest.get<Queue>(getQueueToken('uploads'));
    await eventually(async () => {
      expect(await queue.getJobCounts()).toMatchObject({ completed: 1, waiting: 0, active: 0 });
    });
    expect((await queue.getJob(`upload-${id}`))?.data).toMatchObject({ id });
  });

  it('hands it over once Redis is there again', async () => {
    await redis.stop();
    const { id } = await uploadWhole(app(), 'hello');
    await eventually(async () => {
      const [delivery] = (await app().tus.deliveries({ uploadId: id })).items;
      expect(delivery).toMatchObject({ state: 'waiting', error: expect.any(String) });
    });

    redis = await startRedis();
    await waitForDelivery(app().tus, id, { timeout: 30_000 });
    await eventually(() => isProcessed(id));
  });
});
