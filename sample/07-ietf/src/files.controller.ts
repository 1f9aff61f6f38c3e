import { Controller, Get, Header, Headers } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { TusEndpoint, UploadedUpload, type EndpointUpload } from 'nestjs-tus';
import { protocolOf } from './protocol-of.js';
import { ReceivedFiles, type ReceivedFile } from './received-files.js';

@Controller()
export class FilesController {
  constructor(private readonly received: ReceivedFiles) {}

  /**
   * One route for all: a POST by curl, a form's `fetch`, URLSession, tus. It runs once, when the last
   * byte is there; what it returns is the answer to that request.
   */
  @TusEndpoint('upload')
  take(
    @UploadedUpload() { id, originalname, size, hash, finishedAt }: EndpointUpload,
    @Headers() headers: IncomingHttpHeaders,
  ): ReceivedFile {
    return this.received.add({
      id,
      name: originalname,
      size,
      sha256: hash?.hex,
      protocol: protocolOf(headers),
      client: headers['user-agent'],
      receivedAt: finishedAt,
    });
  }

  @Get('received')
  @Header('Cache-Control', 'no-store')
  list(): ReceivedFile[] {
    return this.received.all();
  }
}
