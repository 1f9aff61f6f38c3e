import { Controller, Injectable, Req } from '@nestjs/common';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import { create, OCTETS, patch, rawHead } from '../support/index.js';
import type { CreateOptions, CreatedUpload, HttpResponse, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';

/** What the method of an endpoint does, as a test wants it. */
@Injectable()
export class Endpoint {
  readonly calls = new Calls<EndpointUpload>();

  /** What is answered; the upload's size unless set. */
  work: (upload: EndpointUpload, request: object) => unknown = ({ size }) => ({ size });

  run(upload: EndpointUpload, request: object): unknown {
    this.calls.add(upload);
    return this.work(upload, request);
  }

  /** How often the method was called for an upload. */
  countOf(id: string): number {
    return this.calls.all.filter((upload) => upload.id === id).length;
  }
}

/** A controller whose own path is an endpoint. */
@Controller('videos')
export class VideosController {
  constructor(private readonly endpoint: Endpoint) {}

  @TusEndpoint()
  take(@UploadedUpload() upload: EndpointUpload, @Req() request: object): unknown {
    return this.endpoint.run(upload, request);
  }
}

/** What an app needs to have the endpoint. */
export const WITH_ENDPOINT = { controllers: [VideosController], providers: [Endpoint] };

/** What the endpoint of an app does, and was called with. */
export function endpointOf(app: TestApp): Endpoint {
  return app.nest.get(Endpoint);
}

/** Makes an upload at the endpoint, or at another path. */
export function createAt(
  app: TestApp,
  length?: number,
  options: CreateOptions = {},
): Promise<CreatedUpload> {
  return create(app, { path: '/videos', length, ...options });
}

/** An upload that was sent whole, and the answer to its last byte. */
export interface SentUpload extends CreatedUpload {
  readonly answer: HttpResponse;
}

/** Makes an upload at the endpoint, or at another path, and sends all of it, whatever the answer. */
export async function sendTo(
  app: TestApp,
  content: string,
  options: CreateOptions = {},
): Promise<SentUpload> {
  const upload = await createAt(app, Buffer.byteLength(content), options);
  const { headers } = options;
  return { ...upload, answer: await patch(app, upload, { body: content, headers }) };
}

/** Asks again for the answer to the last byte, as a client does that has not got it. */
export function askAgain(
  app: TestApp,
  upload: Pick<CreatedUpload, 'path'>,
  size: number,
): Promise<HttpResponse> {
  return patch(app, upload, { offset: size });
}

/**
 * Sends a body without waiting for the answer.
 *
 * @returns drops the connection, and waits until the server knows
 */
export async function sendAndStay(
  app: TestApp,
  { path }: CreatedUpload,
  body: string,
): Promise<() => Promise<void>> {
  const accepted = once(app.nest.getHttpServer() as Server, 'connection');
  const connection = await app.connect();
  const [socket] = (await accepted) as [Socket];
  const closed = once(socket, 'close');
  const lines = [
    'Tus-Resumable: 1.0.0',
    `Content-Type: ${OCTETS}`,
    'Upload-Offset: 0',
    `Content-Length: ${body.length}`,
  ];
  await connection.write(`${rawHead('PATCH', path, lines)}${body}`);
  return async () => {
    connection.destroy();
    await closed;
  };
}
