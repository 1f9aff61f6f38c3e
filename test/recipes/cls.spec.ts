import * as recipe from '../../sample/13-recipes/src/cls/app.module.js';
import { Files } from '../../sample/13-recipes/src/cls/files.js';
import { waitForDelivery } from '../../lib/testing/index.js';
import { PLATFORMS, create, head, patch } from '../support/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for nestjs-cls on %s', (platform) => {
  const app = useRecipe(recipe, platform);
  const of = (tenant: string) => ({ headers: { 'X-Tenant': tenant } });

  it('gives handlers the tenant of the request that created the upload', async () => {
    const files = ['acme', 'umbrella', 'acme'].map(async (tenant, index) => {
      const metadata = { filename: `${index}.txt` };
      const upload = await create(app(), { length: 5, metadata, ...of(tenant) });
      expect((await patch(app(), upload, { body: 'hello', ...of(tenant) })).status).toBe(204);
      await waitForDelivery(app().tus, upload.id);
      return upload;
    });
    const [first] = await Promise.all(files);

    const { added } = app().nest.get(Files);
    expect([...added].sort()).toEqual(['acme/0.txt', 'acme/2.txt', 'umbrella/1.txt']);
    expect((await head(app(), first!, { 'X-Tenant': 'acme' })).status).toBe(200);
    expect((await head(app(), first!, { 'X-Tenant': 'umbrella' })).status).toBe(404);
  });
});
