import * as recipe from '../../sample/13-recipes/src/graphql/app.module.js';
import { PLATFORMS, patch } from '../support/index.js';
import { useRecipe } from './recipe.js';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { readonly message: string }[];
}

describe.each(PLATFORMS)('The recipe for GraphQL on %s', (platform) => {
  const app = useRecipe(recipe, platform);

  async function ask(query: string): Promise<Answer> {
    const { body } = await app().request({
      method: 'POST',
      path: '/graphql',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return JSON.parse(body.toString()) as Answer;
  }

  it('creates an upload that a client of tus sends, and tells how far it is', async () => {
    const input = '{ filename: "cat.png", length: 3000000000 }';
    const large = await ask(`mutation { createUpload(input: ${input}) { id url } }`);
    expect(large.errors).toBeUndefined();

    const made = await ask(
      'mutation { createUpload(input: { filename: "a", length: 10 }) { id url } }',
    );
    const { id, url } = made.data!['createUpload'] as { id: string; url: string };
    await patch(app(), { path: url }, { body: 'hello' });
    const { data } = await ask(`{ upload(id: "${id}") { id state offset length } }`);
    expect(data).toEqual({ upload: { id, state: 'receiving', offset: 5, length: 10 } });

    await patch(app(), { path: url }, { offset: 5, body: 'world' });
    expect((await ask(`{ upload(id: "${id}") { state } }`)).data).toEqual({
      upload: { state: 'finished' },
    });
  });

  it('knows nothing of others, and says so', async () => {
    expect(await ask('{ upload(id: "none") { id } }')).toEqual({ data: { upload: null } });
    const { errors } = await ask('mutation { removeUpload(id: "none") }');
    expect(errors).toMatchObject([{ message: expect.stringContaining('none') }]);
  });
});
