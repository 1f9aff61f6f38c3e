import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PartBody } from '../gathering/part-body.js';
import type { S3Address } from '../s3-state.js';
import { isMissing } from '../s3.errors.js';
import {
  addressed,
  conditionsOf,
  copyOf,
  RequestSender,
  type RequestGuard,
} from './request-sender.js';
import type {
  CopySource,
  NewObjectOptions,
  RequestOptions,
  S3Listed,
  S3Object,
  S3Range,
} from './s3-requests.interface.js';
import { LONG_WORK, SILENCE, SilenceLimit } from './silence-limit.js';

/** What of an object to read. */
export interface GetOptions extends RequestOptions {
  /** All of it unless given. */
  readonly range?: S3Range;
  /** Fails when the object is not this one. */
  readonly etag?: string;
}

/** The requests for objects, which throw what the store says. */
export class ObjectRequests {
  private readonly sender: RequestSender;

  /** @param guard throws once nothing may be sent any more */
  constructor(
    private readonly client: S3Client,
    guard?: RequestGuard,
  ) {
    this.sender = new RequestSender(client, guard);
  }

  /** @returns what tells the object from others, where the store says it */
  async put(
    at: S3Address,
    body: PartBody,
    { object, signal, ...terms }: NewObjectOptions = {},
  ): Promise<string | undefined> {
    const input = { ...object, ...addressed(at), ...conditionsOf(terms) };
    const { ETag } = await this.sender.sendBody(
      body,
      (content) => new PutObjectCommand({ ...input, ...content }),
      (command, options) => this.client.send(command, options),
      signal,
    );
    return ETag || undefined;
  }

  /** What lies at a place; `undefined` when nothing does. */
  async head(at: S3Address): Promise<S3Object | undefined> {
    try {
      const command = new HeadObjectCommand(addressed(at));
      const found = await this.sender.ask(command, (options) => this.client.send(command, options));
      const { ContentLength = 0, LastModified, ETag, Metadata = {} } = found;
      const modifiedAt = LastModified?.getTime() ?? Date.now();
      return { size: ContentLength, modifiedAt, etag: ETag || undefined, metadata: Metadata };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** The bytes, as they come; a connection that says nothing for long is ended. */
  async *get(at: S3Address, { range, etag, signal }: GetOptions = {}): AsyncGenerator<Uint8Array> {
    const limit = new SilenceLimit(SILENCE, signal);
    try {
      const command = new GetObjectCommand({
        ...addressed(at),
        ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        ...(etag !== undefined && { IfMatch: etag }),
      });
      const { Body } = await this.client.send(command, { abortSignal: limit.signal });
      for await (const chunk of Body as AsyncIterable<Uint8Array>) {
        limit.refresh();
        yield chunk;
        // How long its reader takes is not the store's fault.
        limit.refresh();
      }
    } catch (error) {
      throw limit.reasonFor(error);
    } finally {
      limit.stop();
    }
  }

  /** @param source at most 5 GiB */
  async copy(
    at: S3Address,
    source: CopySource,
    { object, signal, ...terms }: NewObjectOptions = {},
  ): Promise<void> {
    const command = new CopyObjectCommand({
      ...object,
      ...addressed(at),
      ...copyOf(source),
      MetadataDirective: 'REPLACE',
      ...conditionsOf(terms),
    });
    await this.sender.ask(command, (options) => this.client.send(command, options), {
      signal,
      silence: LONG_WORK,
    });
  }

  /** Nothing happens when there is none. */
  async delete(at: S3Address): Promise<void> {
    const command = new DeleteObjectCommand(addressed(at));
    try {
      await this.sender.ask(command, (options) => this.client.send(command, options));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Those whose key begins with a text, a page at a time. */
  async *list(bucket: string, prefix: string): AsyncGenerator<S3Listed> {
    let token: string | undefined;
    do {
      const input = { Bucket: bucket, Prefix: prefix, ContinuationToken: token };
      const command = new ListObjectsV2Command(input);
      const page = await this.sender.ask(command, (options) => this.client.send(command, options));
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, at: LastModified?.getTime() ?? Date.now() };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}
