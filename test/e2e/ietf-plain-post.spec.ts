import { ForbiddenException, Injectable, UseGuards, Controller, Query, Req } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { BeforeUploadFinish, TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { CompleteUpload, EndpointUpload } from '../../lib/index.js';
import {
  chunk,
  eventually,
  heldNames,
  LAST_CHUNK,
  PLATFORMS,
  rawHead,
  SeededContent,
  sendCreation,
  useApp,
} from '../support/index.js';
import { endpointOf, WITH_ENDPOINT } from './endpoint-controller.js';

const SIZE = 3_000_000;
const content = new SeededContent('ietf-plain-post', SIZE);

/** Lets in who says a word. */
@Injectable()
class WordGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return headers['authorization'] === 'word';
  }
}

/** Refuses what its name says is to be refused. */
@Injectable()
class Inspector {
  @BeforeUploadFinish()
  inspect({ metadata }: CompleteUpload): void {
    if (metadata['filename'] === 'bad.txt') throw new ForbiddenException('Not this one.');
  }
}

@Controller('notes')
class NotesController {
  @TusEndpoint('', { maxSize: 10 })
  @UseGuards(WordGuard)
  take(
    @UploadedUpload() { size, filename }: EndpointUpload,
    @Query('album') album: string,
    @Req() { headers }: { headers: Record<string, string> },
  ): object {
    return { size, filename, album, agent: headers['user-agent'] };
  }
}

describe.each(PLATFORMS)('a plain POST to an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'] },
    controllers: [...WITH_ENDPOINT.controllers, NotesController],
    providers: [...WITH_ENDPOINT.providers, Inspector, WordGuard],
  });

  const notes = (init: RequestInit = {}) =>
    fetch(`${app().url}/notes?album=Summer`, {
      method: 'POST',
      body: 'hello',
      ...init,
      headers: { Authorization: 'word', 'User-Agent': 'test', ...init.headers },
    });

  it('brings a file by fetch, whole', async () => {
    const body = new Blob([new Uint8Array(content.bytes())], { type: 'video/mp4' });

    const response = await fetch(`${app().url}/videos`, { method: 'POST', body });

    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ size: SIZE });
    const upload = await endpointOf(app()).calls.first(({ size }) => size === SIZE);
    expect((await readFile(upload.path)).equals(content.bytes())).toBe(true);
    expect(upload.metadata).toMatchObject({ filetype: 'video/mp4' });
  });

  it('brings a stream by fetch, whose length is not known before', async () => {
    const pieces = content.pieces(0, SIZE - 1);
    const body = new ReadableStream({
      pull: (controller) => {
        const { value, done } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });

    const init = { method: 'POST', body, duplex: 'half' } as const;
    const response = await fetch(`${app().url}/videos`, init);

    expect(await response.json()).toEqual({ size: SIZE - 1 });
    const upload = await endpointOf(app()).calls.first(({ size }) => size === SIZE - 1);
    expect((await readFile(upload.path)).equals(content.bytes(0, SIZE - 1))).toBe(true);
  });

  it('has the method see its own request', async () => {
    const disposition = 'attachment; filename="note.txt"';

    const response = await notes({ headers: { 'Content-Disposition': disposition } });

    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      size: 5,
      filename: 'note.txt',
      album: 'Summer',
      agent: 'test',
    });
  });

  it('waits for 100 as curl does, and only then sends its body', async () => {
    const connection = await app().connect();
    const lines = ['Content-Length: 5', 'Expect: 100-continue', 'Authorization: word'];

    await connection.write(rawHead('POST', '/notes', lines));
    const told = await connection.interim();
    await connection.write('hello');
    const response = await connection.response();

    expect([told.status, response.status]).toEqual([100, 201]);
    expect(JSON.parse(response.body.toString())).toMatchObject({ size: 5 });
  });

  it.each([
    ['a guard', 403, ['Content-Length: 100000000']],
    ['the maximum', 413, ['Content-Length: 100000000', 'Authorization: word']],
  ])('is refused by %s before its body is sent', async (_who, status, lines) => {
    const before = await heldNames(app());
    const connection = await app().connect();

    await connection.write(rawHead('POST', '/notes', [...lines, 'Expect: 100-continue']));
    const response = await connection.response();

    expect([response.status, response.interim]).toEqual([status, []]);
    expect(await heldNames(app())).toEqual(before);
  });

  it('is refused when its chunks run past the maximum', async () => {
    const before = await heldNames(app());
    const connection = await app().connect();
    const lines = ['Transfer-Encoding: chunked', 'Authorization: word'];

    await connection.write(rawHead('POST', '/notes', lines));
    await connection.write(chunk('hello') + chunk('world') + chunk('!') + LAST_CHUNK);

    expect((await connection.response()).status).toBe(413);
    await eventually(async () => expect(await heldNames(app())).toEqual(before));
  });

  it('is refused by what is asked before an upload is finished', async () => {
    const headers = { 'Content-Disposition': 'attachment; filename="bad.txt"' };

    const response = await notes({ headers });

    expect(response.status).toBe(403);
    expect(await response.text()).toContain('Not this one.');
  });

  it('that breaks off brings nothing', async () => {
    const before = endpointOf(app()).calls.all.length;
    const connection = await app().connect();
    await connection.write(rawHead('POST', '/videos', ['Content-Length: 10']) + 'hello');
    connection.end();
    await connection.closed;

    const barrier = await fetch(`${app().url}/videos`, { method: 'POST', body: 'barrier' });

    expect(await barrier.json()).toEqual({ size: 7 });
    expect(endpointOf(app()).calls.all).toHaveLength(before + 1);
  });

  it('of no bytes brings a file of no bytes', async () => {
    const response = await notes({ body: '' });

    expect(await response.json()).toMatchObject({ size: 0 });
  });

  it('shares its connection with others', async () => {
    const connection = await app().connect();
    const head = (size: number) => rawHead('POST', '/videos', [`Content-Length: ${size}`]);

    await connection.write(`${head(5)}hello${head(3)}abc`);
    const answers = [await connection.response(), await connection.response()];

    expect(answers.map(({ body }) => body.toString())).toEqual(['{"size":5}', '{"size":3}']);
  });

  it('is told by the same route as a resumable one', async () => {
    const path = '/notes?album=Summer';
    const headers = { Authorization: 'word', 'User-Agent': 'test' };

    const resumable = await sendCreation(app(), { path, body: 'hello', headers });
    const plain = await notes();

    expect(resumable.interim.map(({ status }) => status)).toEqual([104]);
    expect([resumable.status, Object.keys(JSON.parse(resumable.text) as object)]).toEqual([
      plain.status,
      Object.keys((await plain.json()) as object),
    ]);
  });
});
