import { Inject, Injectable } from '@nestjs/common';
import { HandlerExplorer, type Handler } from '../handlers/index.js';
import type { BeforeUploadCreateOptions, UploadChanges, UploadDraft } from '../interfaces/index.js';
import { checkOwner, checkUploadId, parseSize, type TusOptions } from '../options/index.js';
import { decodeMetadata, encodeMetadata, filenameOf } from '../protocol/index.js';
import { TUS_OPTIONS } from '../tus.constants.js';
import { assertWithinLimit, checkFilePath, isPartial, type NewUpload } from '../uploads/index.js';
import { answerHeaders } from './answer-headers.js';

type CreateHandler = Handler<BeforeUploadCreateOptions>;

/** An upload as it is to be created, and what the answer is to carry. */
export interface PreparedUpload {
  readonly upload: NewUpload;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks the app's `@BeforeUploadCreate()` methods, one after the other, and then for an id. */
@Injectable()
export class CreateHooks {
  private readonly handlers: CreateHandler[] = [];

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly explorer: HandlerExplorer,
  ) {}

  explore(): void {
    this.explorer.explore<BeforeUploadCreateOptions>('before-create', (handler) => {
      this.handlers.push(handler);
    });
  }

  /**
   * Lets them refuse or change an upload.
   *
   * @param request the request as guards see it; none when the server creates the upload
   * @throws what they throw
   * @throws UploadTooLargeError when it is longer than they allow
   * @throws RangeError, TypeError, TusOptionError for a change that cannot be made, or an id that
   *   is none
   */
  async prepare(upload: NewUpload, request?: object): Promise<PreparedUpload> {
    this.explorer.look();
    let prepared: PreparedUpload = { upload, headers: {} };
    for (const handler of this.handlers) {
      const draft = draftOf(prepared.upload, request);
      if (!handler.wants(draft)) continue;
      const changes = (await handler.call(request ?? draft, draft)) as UploadChanges | undefined;
      if (changes) prepared = apply(prepared, changes);
    }
    return this.options.uploadId ? this.withId(prepared, request) : prepared;
  }

  /** Asked last: a refused upload takes no id, and the id may depend on what hooks have changed. */
  private async withId(prepared: PreparedUpload, request?: object): Promise<PreparedUpload> {
    const { upload } = prepared;
    if (upload.id !== undefined) return prepared;
    const given = await this.options.uploadId?.(draftOf(upload, request), request);
    return { ...prepared, upload: { ...upload, id: checkUploadId('uploadId', given) } };
  }
}

function draftOf(upload: NewUpload, request?: object): UploadDraft {
  const { length, maxSize, owner, endpoint } = upload;
  const metadata = decodeMetadata(upload.metadata);
  const filename = filenameOf(metadata);
  return {
    metadata: metadata.text,
    partial: isPartial(upload),
    ...(filename !== undefined && { filename }),
    ...(length !== undefined && { length }),
    ...(maxSize !== undefined && { maxSize }),
    ...(owner !== undefined && { owner }),
    ...(endpoint !== undefined && { endpoint }),
    ...(request && { request }),
  };
}

function apply({ upload, headers }: PreparedUpload, changes: UploadChanges): PreparedUpload {
  const { metadata, owner = upload.owner, maxSize, path } = changes;
  const limit = maxSize === undefined ? upload.maxSize : parseSize('maxSize', maxSize);
  assertWithinLimit(upload.length ?? 0, limit);
  return {
    upload: {
      ...upload,
      owner: checkOwner(owner),
      maxSize: limit,
      metadata: metadata === undefined ? upload.metadata : encodeMetadata(metadata),
      filePath: path === undefined ? upload.filePath : checkFilePath(path),
    },
    headers: { ...headers, ...answerHeaders(changes.headers ?? {}) },
  };
}
