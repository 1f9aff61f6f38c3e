import sharp from 'sharp';
import * as recipe from '../../sample/13-recipes/src/thumbnails/app.module.js';
import { waitForDelivery } from '../../lib/testing/index.js';
import { PLATFORMS, create, eventually, post } from '../support/index.js';
import { useRecipe } from './recipe.js';

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();

describe.each(PLATFORMS)('The recipe for thumbnails on %s', (platform) => {
  const app = useRecipe(recipe, platform);
  const metadata = { filename: 'teal.png', filetype: 'image/png' };

  it.each([
    [1000, 500, 320, 160],
    [100, 200, 100, 200],
  ])('makes of %i by %i pixels a picture of %i by %i', async (width, height, smaller, lower) => {
    const sent = await picture(width, height);
    const { id } = await create(app(), { length: sent.length, body: sent, metadata });
    await waitForDelivery(app().tus, id);
    const { status, headers, body } = await app().request({ path: `/thumbnails/${id}` });

    expect([status, headers['content-type']]).toEqual([200, 'image/webp']);
    const made = await sharp(body).metadata();
    expect([made.format, made.width, made.height]).toEqual(['webp', smaller, lower]);
  });

  it('gives a broken picture up, and refuses what is none', async () => {
    const whole = await picture(1000, 500);
    const { id } = await create(app(), { length: 60, body: whole.subarray(0, 60), metadata });
    await eventually(async () => {
      expect((await app().tus.deliveries({ uploadId: id })).items[0]?.error).toBeDefined();
    });
    expect((await app().request({ path: `/thumbnails/${id}` })).status).toBe(404);
    expect((await app().request({ path: '/thumbnails/..%2F..%2Fetc' })).status).toBe(404);
    expect((await post(app(), { length: 1, metadata: { filetype: 'text/html' } })).status).toBe(
      415,
    );
  });
});
