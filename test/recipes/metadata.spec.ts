import { randomUUID } from 'node:crypto';
import * as recipe from '../../sample/13-recipes/src/metadata/app.module.js';
import { VideoImporter } from '../../sample/13-recipes/src/metadata/video-importer.js';
import { waitForDelivery } from '../../lib/testing/index.js';
import { PLATFORMS, create, post } from '../support/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for metadata on %s', (platform) => {
  const app = useRecipe(recipe, platform);
  const project = randomUUID();
  const good = { filename: 'a.mp4', filetype: 'video/mp4', project, seconds: '90' };

  it('takes what keeps the rules, and hands it on with its type', async () => {
    const { id } = await create(app(), { length: 5, body: 'video', metadata: good });
    await waitForDelivery(app().tus, id);
    expect(app().nest.get(VideoImporter).videos).toContainEqual({ id, project, seconds: 90 });
  });

  it.each([
    [{ ...good, filename: '' }, 'filename should not be empty'],
    [{ ...good, filetype: 'text/html' }, 'filetype must be one of'],
    [{ ...good, project: 'mine' }, 'project must be a UUID'],
    [{ ...good, seconds: 'long' }, 'seconds must be a whole number'],
    [{}, 'filename should not be empty'],
  ])('refuses %j', async (metadata, words) => {
    const { status, body } = await post(app(), { length: 5, metadata });
    expect([status, body.toString()]).toEqual([400, expect.stringContaining(words)]);
  });
});
