import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { EndpointBody, EndpointUpload } from '../../interfaces/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { describeFinished, NoFileError, type FinishedFiles } from '../../uploads/index.js';
import { whenOver } from '../connection/connection.js';
import { rawRequest, type PlatformRequest } from '../request/http-types.js';
import { UPLOAD_PARAMETER } from './endpoint-mark.js';
import { attachUpload } from './uploaded-uploads.js';

type WithBody = PlatformRequest & { body?: Readable | EndpointBody; readonly query?: object };

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
    // The file may fail to open before the method reads it, and an error without a listener ends the
    // process. A method that reads later still gets it from the stream.
    stream?.on('error', () => undefined);
    attachUpload(request, stream ? Object.assign(upload, { stream }) : upload);
    restoreQuery(request, record);
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

  /**
   * Closes the file when the response is over: the response may be the file itself, still being
   * sent.
   */
  releaseAfter(res: ServerResponse, isBeingSent = false): void {
    if (isBeingSent) whenOver(res, () => this.release());
    else this.release();
  }
}

/** The file. If it was removed, only reading it fails: a method that runs again may not need it. */
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
  const finished = describeFinished(record, files.locate(record));
  const start = await files.startOf(record);
  const upload = {
    ...finished,
    mimetype: await files.typeOf(record, start),
    originalname: finished.filename ?? finished.id,
    buffer: start,
  };
  // Logs and copies of the upload are spared its bytes.
  return Object.defineProperty(upload, 'buffer', { enumerable: false });
}

/** Restores the query of the creation, because another request finishes the upload. */
function restoreQuery(request: WithBody, { query }: UploadRecord): void {
  if (query === undefined) return;
  const value = { ...request.query, ...(JSON.parse(query) as object) };
  // Express works it out each time it is asked.
  Object.defineProperty(request, 'query', { value, configurable: true, writable: true });
}

function bodyOf({ originalname, path, size, metadata }: EndpointUpload): EndpointBody {
  return { filename: originalname, path, size, metadata };
}
