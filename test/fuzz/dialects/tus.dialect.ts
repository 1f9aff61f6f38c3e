import { Buffer } from 'node:buffer';
import type { HttpResponse } from '../../support/http-client.js';
import { head, OCTETS, post, terminate, TUS } from '../../support/tus-client.js';
import { assertEqual, assertOneOf } from '../expectations.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import { bodyOf, digestOf } from '../plans.js';
import type { Content, Standing } from '../settle.js';
import type { World } from '../world.js';
import type { Dialect } from './dialect.interface.js';

/** tus 1.0: an upload is complete when its length is reached. */
export class TusDialect implements Dialect {
  readonly taken = ['204'];
  readonly outdone = ['409', '410', '423'];

  isComplete({ held, length }: KnownUpload): boolean {
    return held.length === length;
  }

  completes({ bytes }: Content, length: number | undefined): boolean {
    return bytes.length === length;
  }

  lengthOf({ length }: Patch): number | undefined {
    return length;
  }

  receive(upload: KnownUpload, { offset, body, chunked, length, checksum }: Patch): number {
    const end = offset + body.length;
    if (upload.gone) return 410;
    if (offset !== upload.held.length) return 409;
    if (length !== undefined && length !== (upload.length ?? length)) return 400;
    if (upload.length === undefined && (length ?? end) < (chunked ? offset : end)) return 400;
    upload.length ??= length;
    if (end > (upload.length ?? end)) return 413;
    if (checksum === 'wrong') return 460;
    upload.hold(Buffer.concat([upload.held, body]));
    return 204;
  }

  statusOfCreation(received: number): number {
    return received === 204 ? 201 : received;
  }

  create(world: World, { length }: KnownUpload, first?: Patch): Promise<HttpResponse> {
    return post(world, {
      length,
      body: first && bodyOf(first),
      headers: first && this.headersOf(first),
    });
  }

  headersOf(patch: Patch): Record<string, string> {
    const { offset, length, checksum } = patch;
    return {
      ...TUS,
      'Content-Type': OCTETS,
      'Upload-Offset': String(offset),
      ...(length !== undefined && { 'Upload-Length': String(length) }),
      ...(checksum !== 'none' && { 'Upload-Checksum': `sha1 ${digestOf(patch, 'sha1')}` }),
    };
  }

  async look(world: World, upload: KnownUpload): Promise<Standing> {
    const { status, headers } = await head(world, upload);
    assertOneOf(status, [200, 410], 'The status of HEAD');
    const length = headers['upload-length'];
    const isDeferred = status === 200 && length === undefined;
    assertEqual(headers['upload-defer-length'], isDeferred ? '1' : undefined, 'Its deferral');
    return {
      gone: status === 410,
      offset: Number(headers['upload-offset']),
      length: length === undefined ? undefined : Number(length),
    };
  }

  end(world: World, upload: KnownUpload): Promise<HttpResponse> {
    return terminate(world, upload);
  }
}
