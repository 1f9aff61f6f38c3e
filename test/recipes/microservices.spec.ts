import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { waitForDelivery } from '../../lib/testing/index.js';
import { PLATFORMS, uploadWhole } from '../support/index.js';
import { freePort } from '../support/s3/free-port.js';
import { useRecipe } from './recipe.js';

const port = await freePort();
process.env.FILES_PORT = String(port);
const recipe = await import('../../sample/13-recipes/src/microservices/app.module.js');
const { FilesController } =
  await import('../../sample/13-recipes/src/microservices/files.controller.js');

describe.each(PLATFORMS)('The recipe for microservices on %s', (platform) => {
  const app = useRecipe(recipe, platform);

  it('tells a service of finished uploads, which may ask for them', async () => {
    const { id } = await uploadWhole(app(), 'hello');
    await waitForDelivery(app().tus, id);
    expect(app().nest.get(FilesController).received.get(id)).toBe(5);

    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    try {
      const found = await lastValueFrom(client.send<object>('upload.find', id));
      expect(found).toMatchObject({ id, state: 'finished', offset: 5 });
      expect(await lastValueFrom(client.send<null>('upload.find', 'none'))).toBeNull();
    } finally {
      await client.close();
    }
  });

  it('tells a service again that was told in vain', async () => {
    const { received } = app().nest.get(FilesController);
    jest.spyOn(received, 'set').mockImplementationOnce(() => {
      throw new Error('Not now.');
    });
    const { id } = await uploadWhole(app(), 'hello!');
    await waitForDelivery(app().tus, id);
    expect(received.get(id)).toBe(6);
  });
});
