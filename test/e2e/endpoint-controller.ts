import { Controller, Injectable, Req } from '@nestjs/common';
import { TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import { create, patch } from '../support/index.js';
import type { CreateOptions, CreatedUpload, HttpResponse, TestApp } from '../support/index.js';
import { Calls } from './calls.js';

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
