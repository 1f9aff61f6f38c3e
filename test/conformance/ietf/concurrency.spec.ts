import {
  PLATFORMS,
  append,
  appendHeaders,
  cancel,
  createResumable,
  eventually,
  linesOf,
  rawHead,
  retrieveOffset,
  standingOf,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { RawConnection, RawResponse } from '../../support/index.js';

const BODY = 'x'.repeat(50_000);

describe.each(PLATFORMS)('requests to one upload of the IETF at one time, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] } });

  it('R63: of two appends at one offset at most one succeeds, and bytes are never mixed', async () => {
    for (let round = 0; round < 5; round++) {
      const upload = await createResumable(app());
      const bodies = ['a', 'b'].map((letter) => letter.repeat(50_000));

      const answers = await Promise.all(
        bodies.map((body) =>
          append(app(), upload, { complete: false, body }).catch(() => undefined),
        ),
      );

      const statuses = answers.map((answer) => answer?.status);
      expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(1);
      const [offset] = await standingOf(app(), upload);
      const stored = (await storedBytes(app(), upload)).toString().slice(0, Number(offset));
      expect(bodies.some((body) => body.startsWith(stored))).toBe(true);
    }
  });

  it('R63: last appends that race complete an upload once', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => append(app(), upload, { offset: 5 }).catch(() => undefined)),
    );

    const last = await append(app(), upload, { offset: 5 });
    expect([last.status, last.headers['upload-complete']]).toEqual([200, '?1']);
    for (const answer of answers) {
      expect([200, 409, 423, undefined]).toContain(answer?.status);
    }
    await app().finished.of(upload.id);
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it('R63: an append and a DELETE leave nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const upload = await createResumable(app());

      const [, cancelled] = await Promise.all([
        append(app(), upload, { complete: false, body: BODY }).catch(() => undefined),
        cancel(app(), upload),
      ]);

      expect(cancelled?.status).toBe(204);
      expect([404, 410]).toContain((await retrieveOffset(app(), upload)).status);
      await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(0));
    }
  });

  it.each([
    ['HEAD', 204],
    ['PATCH', 200],
    ['DELETE', 204],
  ])('R64: %s ends an append that hangs, before it is answered', async (method, status) => {
    const upload = await createResumable(app());
    const hanging = await hang('PATCH', upload.path, linesOf(appendHeaders()));
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const answer =
      method === 'PATCH'
        ? await append(app(), upload, { offset: 5, body: 'world' })
        : await app().request({ method, path: upload.path });

    expect(answer.status).toBe(status);
    expectEnded(await hanging.responseOrClose());
    await hanging.closed;
  });

  it('R64: HEAD ends a creation that hangs', async () => {
    const hanging = await hang('POST', '/files', linesOf(stateHeaders()));
    const upload = uploadAt((await hanging.interim()).header('Location'));
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const standing = await standingOf(app(), upload);

    expect(standing).toEqual(['5', '?0']);
    expectEnded(await hanging.responseOrClose());
    await hanging.closed;
    const rest = await append(app(), upload, { offset: 5, body: 'world' });
    expect(rest.headers['upload-complete']).toBe('?1');
  });

  it('R65: what a newer request ended is told to come again, if anything', async () => {
    const upload = await createResumable(app());
    const hanging = await hang('PATCH', upload.path, linesOf(appendHeaders()));
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    await standingOf(app(), upload);
    const ended = await hanging.responseOrClose();

    expectEnded(ended);
    expect(ended?.header('Retry-After') ?? '1').toMatch(/^\d+$/);
    expect(ended?.header('Upload-Complete') ?? '?0').toBe('?0');
  });

  /** A request that brings five of its ten bytes. */
  async function hang(method: string, path: string, lines: string[]): Promise<RawConnection> {
    const connection = await app().connect();
    await connection.write(rawHead(method, path, [...lines, 'Content-Length: 10']) + 'hello');
    return connection;
  }
});

/** The connection was closed, with 423 or without a word. */
function expectEnded(response: RawResponse | undefined): void {
  expect([423, undefined]).toContain(response?.status);
}
