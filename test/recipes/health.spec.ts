import { rename } from 'node:fs/promises';
import * as recipe from '../../sample/13-recipes/src/health/app.module.js';
import { PLATFORMS, eventually } from '../support/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for health checks on %s', (platform) => {
  const app = useRecipe(recipe, platform);
  const statusOf = async (path: string) => (await app().request({ path })).status;

  it('tells load balancers, and people', async () => {
    expect(await statusOf('/health/ready')).toBe(200);
    expect([200, 503]).toContain(await statusOf('/health/attention'));

    await rename(app().tmpFileDir, `${app().tmpFileDir}-away`);
    expect(await statusOf('/health/ready')).toBe(503);
    await rename(`${app().tmpFileDir}-away`, app().tmpFileDir);
    await eventually(async () => expect(await statusOf('/health/ready')).toBe(200));
  });
});
