import { Controller } from '@nestjs/common';
import { TusEndpoint } from '../../../lib/index.js';
import {
  PLATFORMS,
  createResumable,
  limitsOf,
  listOf,
  rawHead,
  sendCreation,
  useApp,
} from '../../support/index.js';
import type { RawResponse, TestApp } from '../../support/index.js';
import { WITH_ENDPOINT } from '../../e2e/endpoint-controller.js';

describe.each(PLATFORMS)('OPTIONS of both protocols on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 1000 },
    ...WITH_ENDPOINT,
  });

  it.each(['/files', '/videos'])('R7: %s tells its limits', async (path) => {
    const response = await app().request({ method: 'OPTIONS', path });

    expect(response.status).toBe(204);
    expect(limitsOf(response.headers['upload-limit'])).toMatchObject({ 'max-size': 1000 });
  });

  it('R7: so does an upload', async () => {
    const { path } = await createResumable(app());

    const response = await app().request({ method: 'OPTIONS', path });

    expect(limitsOf(response.headers['upload-limit'])).toMatchObject({ 'max-size': 1000 });
  });

  it.each(['?0', '?1', 'true'])('R9: Upload-Complete: %s changes nothing', async (complete) => {
    const headers = { 'Upload-Complete': complete, 'Upload-Draft-Interop-Version': '8' };

    const response = await app().request({ method: 'OPTIONS', path: '/files', headers });

    expect(response.status).toBe(204);
    expect(limitsOf(response.headers['upload-limit'])).toMatchObject({ 'max-size': 1000 });
    expect(response.headers.location).toBeUndefined();
  });

  it('R10: the limits that are told are the ones that count', async () => {
    const before = await app().request({ method: 'OPTIONS', path: '/files' });
    const { 'max-size': most = 0 } = limitsOf(before.headers['upload-limit']);

    const largest = await sendCreation(app(), { complete: false, length: most });
    const tooLarge = await sendCreation(app(), { complete: false, length: most + 1 });

    expect([largest.status, tooLarge.status]).toEqual([201, 413]);
    expect(limitsOf(largest.headers['upload-limit'])).toMatchObject({ 'max-size': most });
  });

  it('R11: Accept-Patch names the type of either append', async () => {
    const { headers } = await app().request({ method: 'OPTIONS', path: '/files' });

    const types = listOf(headers['accept-patch'] as string);
    expect(types).toContain('application/partial-upload');
    expect(types).toContain('application/offset+octet-stream');
  });

  it('N3: one answer tells of both protocols', async () => {
    const { headers } = await app().request({ method: 'OPTIONS', path: '/files' });

    expect(headers).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': expect.stringContaining('creation'),
      'tus-max-size': '1000',
      'upload-limit': expect.stringContaining('max-size=1000'),
      allow: expect.stringContaining('PATCH'),
    });
  });
});

describe.each(PLATFORMS)('OPTIONS of the one protocol that is on, on %s', (platform) => {
  const tus = useApp({ platform });
  const ietf = useApp({ platform, tus: { protocols: ['ietf'] } });

  it('N3: it tells nothing of the other one', async () => {
    const ofTus = await tus().request({ method: 'OPTIONS', path: '/files' });
    const ofIetf = await ietf().request({ method: 'OPTIONS', path: '/files' });

    expect(ofTus.headers).toMatchObject({ 'tus-version': '1.0.0' });
    expect(ofTus.headers['upload-limit']).toBeUndefined();
    expect(ofIetf.headers).toMatchObject({ 'upload-limit': expect.any(String) });
    expect(ofIetf.headers['tus-version']).toBeUndefined();
  });
});

/** An endpoint with a limit of its own. */
@Controller('small')
class SmallController {
  @TusEndpoint('', { maxSize: 10 })
  take(): void {}
}

describe.each(PLATFORMS)('OPTIONS of the whole server on %s', (platform) => {
  const shared = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 1000 },
    ...WITH_ENDPOINT,
    configure: (nest) => nest.enableCors(),
  });
  const different = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 1000 },
    controllers: [SmallController],
  });
  const tus = useApp({ platform });

  it('R8: it tells the limits that all share', async () => {
    const response = await askWhole(shared());

    expect(response.status).toBe(204);
    expect(limitsOf(response.header('Upload-Limit'))).toMatchObject({ 'max-size': 1000 });
  });

  it('R8: where they are different it tells none', async () => {
    const response = await askWhole(different());

    expect(response.header('Upload-Limit')).toBeUndefined();
  });

  it('R8: where the IETF’s protocol is not spoken it is the app’s', async () => {
    const response = await askWhole(tus());

    expect([response.status, response.header('Upload-Limit')]).toEqual([404, undefined]);
  });

  async function askWhole(app: TestApp): Promise<RawResponse> {
    const connection = await app.connect();
    await connection.write(rawHead('OPTIONS', '*'));
    return connection.response();
  }
});
