import { Inject, Injectable } from '@nestjs/common';
import { CreateHooks } from '../../hooks/index.js';
import type { CreatedUpload, NewUploadInput } from '../../interfaces/index.js';
import {
  checkOwner,
  checkUploadId,
  parseSize,
  TusOptionError,
  type TusOptions,
} from '../../options/index.js';
import { encodeMetadata } from '../../protocol/index.js';
import type { UploadProtocol } from '../../registry/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { assertWithinLimit, checkFilePath, Uploads } from '../../uploads/index.js';
import { UploadPath } from './upload-path.js';

/** Creates the uploads that the server wants a client to send. */
@Injectable()
export class UploadCreation {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly uploads: Uploads,
    private readonly hooks: CreateHooks,
    private readonly path: UploadPath,
  ) {}

  async create(input: NewUploadInput): Promise<CreatedUpload> {
    const { length, metadata = {}, owner, path } = input;
    const { protocols } = this.options;
    const { protocol = protocols.has('tus') ? 'tus' : 'ietf' } = input;
    assertSpoken(protocol, protocols);
    const base = this.path.absolute();
    const maxSize =
      input.maxSize === undefined ? this.options.maxSize : parseSize('maxSize', input.maxSize);
    assertLength(length);
    assertWithinLimit(length ?? 0, maxSize);
    const { upload } = await this.hooks.prepare({
      id: checkUploadId('id', input.id),
      length,
      maxSize,
      owner: checkOwner(owner),
      quota: this.options.quota,
      protocol: protocol === 'tus' ? undefined : protocol,
      terms: protocol === 'tus' ? undefined : { endsExplicitly: true },
      metadata: encodeMetadata(metadata),
      filePath: path === undefined ? undefined : checkFilePath(path),
    });
    const { id } = await this.uploads.open(upload);
    return { id, url: `${base}/${id}` };
  }
}

function assertSpoken(protocol: UploadProtocol, protocols: TusOptions['protocols']): void {
  if (protocols.has(protocol)) return;
  const spoken = [...protocols].map((each) => `'${each}'`).join(', ');
  throw new TusOptionError('protocol', protocol, `Give one that is spoken: ${spoken}.`);
}

/** @throws RangeError */
export function assertLength(length: number | undefined): void {
  if (length === undefined || (Number.isSafeInteger(length) && length >= 0)) return;
  throw new RangeError(`The length of an upload must be a whole number of bytes, not ${length}.`);
}
