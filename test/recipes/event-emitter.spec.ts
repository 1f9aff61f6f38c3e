import * as recipe from '../../sample/13-recipes/src/event-emitter/app.module.js';
import { Gallery } from '../../sample/13-recipes/src/event-emitter/gallery.js';
import { PLATFORMS, create, eventually, terminate } from '../support/index.js';
import { waitForDelivery } from '../../lib/testing/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for the event emitter on %s', (platform) => {
  const app = useRecipe(recipe, platform);
  const gallery = () => app().nest.get(Gallery);

  it('tells listeners of finished uploads, and waits for them', async () => {
    const metadata = { filename: 'cat.png', filetype: 'image/png' };
    const { id } = await create(app(), { length: 7, body: 'picture', metadata });
    await waitForDelivery(app().tus, id);

    expect([...gallery().pictures]).toContain('cat.png');
    expect(gallery().log.filter((one) => one === id)).toHaveLength(2);
  });

  it('tries again where a listener throws, and gives up at last', async () => {
    const { id } = await create(app(), {
      length: 4,
      body: 'text',
      metadata: { filetype: 'text/plain' },
    });
    await eventually(async () => {
      const { items } = await app().tus.deliveries({ uploadId: id });
      expect(items).toMatchObject([{ state: 'dead', attempt: 3, error: 'This is no picture.' }]);
    });
  });

  it('tells of uploads that are terminated', async () => {
    const upload = await create(app(), { length: 5 });
    await terminate(app(), upload);
    await eventually(() => {
      expect(gallery().log.filter((one) => one === upload.id)).toHaveLength(2);
    });
  });
});
