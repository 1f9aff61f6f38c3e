import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { EndpointBody, EndpointUpload } from '../../interfaces/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { describeFinished, NoFileError, type FinishedFiles } from '../../uploads/index.js';
import { whenOver } from '../connection.js';
import { rawRequest, type PlatformRequest } from '../http-types.js';
import { UPLOAD_PARAMETER } from './endpoint-mark.js';
import { attachUpload } from './uploaded-uploads.js';

type WithBody = PlatformRequest & { body?: Readable | EndpointBody };

/** The request that finishes an upload, made ready for the endpoint's method. */
export class EndpointRequest {
  private constructor(private readonly stream?: Readable) {}

  /** @param sendFile whether its body is the file itself */
  static async prepare(
    files: FinishedFiles,
    request: WithBody,
    record: UploadRecord,
    sendFile: boolean,
  ): Promise<EndpointRequest> {
    const upload = await describeUploaded(files, record);
    const stream = sendFile ? await open(files, record) : undefined;
    // The file may fail to open before the method reads it, and an error that nobody listens to ends
    // the process. A method that reads later still gets it from the stream.
    stream?.on('error', () => undefined);
    attachUpload(request, stream ? { ...upload, stream } : upload);
    request.body = stream ?? bodyOf(upload);
    // Of the path's parameters, it is the only one that the app does not know.
    Reflect.deleteProperty(request.params ?? {}, UPLOAD_PARAMETER);
    if (stream) {
      const { headers } = rawRequest(request);
      headers['content-type'] = upload.mimetype;
      headers['content-length'] = String(upload.size);
    }
    return new EndpointRequest(stream);
  }

  /** Closes the file, which the method may not have read. */
  release(): void {
    this.stream?.destroy();
  }

  /** Closes it when the response is over, which may be made of it, if it is still being sent. */
  releaseAfter(res: ServerResponse, isBeingSent = false): void {
    if (isBeingSent) whenOver(res, () => this.release());
    else this.release();
  }
}

/** The file. One that was removed fails to be read, for a method that runs again may not need it. */
async function open(files: FinishedFiles, { id }: UploadRecord): Promise<Readable> {
  return files.createReadStream(id).catch((error: unknown) => {
    if (error instanceof NoFileError) return new Readable().destroy(error);
    throw error;
  });
}

async function describeUploaded(
  files: FinishedFiles,
  record: UploadRecord,
): Promise<EndpointUpload> {
  const upload = describeFinished(record, files.locate(record));
  return {
    ...upload,
    mimetype: await files.typeOf(record),
    originalname: upload.filename ?? upload.id,
  };
}

function bodyOf({ originalname, path, size, metadata }: EndpointUpload): EndpointBody {
  return { filename: originalname, path, size, metadata };
}
