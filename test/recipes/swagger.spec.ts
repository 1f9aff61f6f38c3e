import type { OpenAPIObject } from '@nestjs/swagger';
import * as recipe from '../../sample/13-recipes/src/swagger/app.module.js';
import { PLATFORMS, uploadWhole } from '../support/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for Swagger on %s', (platform) => {
  const app = useRecipe(recipe, platform);

  it('serves a document that has the routes of uploads', async () => {
    const { status, body } = await app().request({ path: '/docs-json' });
    const { paths } = JSON.parse(body.toString()) as OpenAPIObject;

    expect(status).toBe(200);
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/files', '/files/{id}']));
    expect(paths['/files']?.post).toMatchObject({ tags: ['uploads'], security: [{ bearer: [] }] });
    expect(Object.keys(paths['/files/{id}'] ?? {})).toEqual(
      expect.arrayContaining(['head', 'patch', 'delete']),
    );
  });

  it('shows it, and takes uploads', async () => {
    const page = await app().request({ path: '/docs' });
    expect([page.status, page.body.toString()]).toEqual([
      200,
      expect.stringContaining('swagger-ui'),
    ]);
    await uploadWhole(app(), 'hello');
  });
});
