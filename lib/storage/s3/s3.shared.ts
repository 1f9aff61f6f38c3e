import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { UploadRecord } from '../../registry/index.js';
import type { SharedHead, SharedStorage } from '../storage.interface.js';
import { loadPresigner, type Presigner } from './load-presigner.js';
import type { S3Context } from './s3.context.js';
import { translating } from './s3.errors.js';

/** Presigned URLs (S3 API, signature version 4 in the query): they ask nothing of the store. */
export class S3Shared implements SharedStorage {
  private presigner?: Presigner;

  constructor(private readonly context: S3Context) {}

  async prepare(): Promise<void> {
    this.presigner = await loadPresigner();
  }

  async url(upload: UploadRecord, seconds: number, head: SharedHead): Promise<string> {
    const { getSignedUrl } = (this.presigner ??= await loadPresigner());
    const { bucket, key } = this.context.addressOf(upload);
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ResponseContentType: head.contentType,
      ResponseContentDisposition: head.contentDisposition,
      ResponseCacheControl: head.cacheControl,
    });
    const { client } = this.context.options;
    return translating(() => getSignedUrl(client, command, { expiresIn: seconds }));
  }
}
