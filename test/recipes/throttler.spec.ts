import * as recipe from '../../sample/13-recipes/src/throttler/app.module.js';
import { PLATFORMS, create, head, patch, post } from '../support/index.js';
import { useRecipe } from './recipe.js';

/** As the recipe has it. */
const UPLOADS = 10;

/** More than may come of each kind, unless they are not counted. */
const REQUESTS = 15;

describe.each(PLATFORMS)('The recipe for the throttler on %s', (platform) => {
  const app = useRecipe(recipe, platform);

  it('counts uploads, and not the requests that each of them takes', async () => {
    const upload = await create(app(), { length: REQUESTS });
    for (let offset = 0; offset < REQUESTS; offset++) {
      expect((await patch(app(), upload, { offset, body: '.' })).status).toBe(204);
    }
    expect((await head(app(), upload)).status).toBe(200);

    for (let more = 1; more < UPLOADS; more++) await create(app(), { length: 1 });
    const refused = await post(app(), { length: 1 });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await head(app(), upload)).status).toBe(200);
  });
});
