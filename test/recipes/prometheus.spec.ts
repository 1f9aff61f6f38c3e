import * as recipe from '../../sample/13-recipes/src/prometheus/app.module.js';
import { PLATFORMS, create, eventually, patch, uploadWhole } from '../support/index.js';
import { useRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for Prometheus on %s', (platform) => {
  const app = useRecipe(recipe, platform);

  it('tells counts and times, as they are when it is asked', async () => {
    const read = async () => {
      const { headers, body } = await app().request({ path: '/metrics' });
      expect(headers['content-type']).toContain('text/plain');
      return body.toString();
    };
    expect(await read()).toContain('tus_uploads_total{state="created"} 0');

    await uploadWhole(app(), 'hello');
    const upload = await create(app(), { length: 10 });
    await patch(app(), upload, { offset: 3, body: 'x' });

    for (const line of [
      'tus_uploads_total{state="created"} 2',
      'tus_uploads_total{state="finished"} 1',
      'tus_refused_total{reason="offset-mismatch"} 1',
      'tus_received_bytes 5',
      'tus_appends_running 0',
      'tus_last_wait_seconds_count 1',
    ]) {
      await eventually(async () => expect(await read()).toContain(`\n${line}\n`));
    }
    // A counter that is reset and counted anew does not grow by being read.
    expect(await read()).toContain('tus_uploads_total{state="created"} 2');
  });
});
