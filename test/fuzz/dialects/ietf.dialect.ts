import { Buffer } from 'node:buffer';
import type { HttpResponse } from '../../support/http-client.js';
import { appendHeaders, cancel, retrieveOffset, sendCreation } from '../../support/ietf-client.js';
import { CUT } from '../attempt.js';
import { assertEqual, assertOneOf } from '../expectations.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import { bodyOf, digestOf } from '../plans.js';
import type { Content, Standing } from '../settle.js';
import type { World } from '../world.js';
import type { Dialect } from './dialect.interface.js';

/** The IETF's resumable uploads: an upload is complete when its client has said so. */
export class IetfDialect implements Dialect {
  readonly taken = ['200', '204'];
  readonly outdone = ['400', '409', '410', '423', CUT];

  isComplete({ saidComplete }: KnownUpload): boolean {
    return saidComplete;
  }

  completes({ last }: Content): boolean {
    return last;
  }

  /** A last body that is announced tells where it ends. */
  lengthOf({ length, last, chunked, offset, body }: Patch): number | undefined {
    return length ?? (last && !chunked ? offset + body.length : undefined);
  }

  receive(upload: KnownUpload, patch: Patch): number {
    const { offset, body, last, checksum } = patch;
    const end = offset + body.length;
    if (upload.gone) return 410;
    if (offset !== upload.held.length) return 409;
    if (upload.saidComplete && body.length > 0) return 400;
    if (this.isInconsistent(upload, patch)) return 400;
    if (upload.saidComplete) return checksum === 'wrong' ? 400 : 200;
    upload.length ??= this.lengthOf(patch);
    if (end > (upload.length ?? end)) return this.invalidate(upload);
    if (checksum === 'wrong') return 400;
    const isShort = last && end < (upload.length ?? end);
    upload.saidComplete = last && !isShort;
    if (upload.saidComplete) upload.length ??= end;
    upload.hold(Buffer.concat([upload.held, body]));
    if (isShort) return 400;
    return last ? 200 : 204;
  }

  statusOfCreation(received: number): number {
    return received === 204 ? 201 : received;
  }

  create(world: World, { length }: KnownUpload, first?: Patch): Promise<HttpResponse> {
    const { 'Content-Type': _type, ...headers } = this.headersOf({ ...EMPTY, ...first, length });
    return sendCreation(world, { headers, body: first && bodyOf(first) });
  }

  headersOf(patch: Patch): Record<string, string> {
    const { offset, length, last: complete, checksum } = patch;
    return {
      ...appendHeaders({ offset, length, complete }),
      ...(checksum !== 'none' && { 'Content-Digest': `sha-256=:${digestOf(patch, 'sha256')}:` }),
    };
  }

  async look(world: World, upload: KnownUpload): Promise<Standing> {
    const { status, headers } = await retrieveOffset(world, upload);
    assertOneOf(status, [204, 410], 'The status of HEAD');
    const length = headers['upload-length'];
    const isGone = status === 410;
    if (!isGone) assertOneOf(headers['upload-complete'], ['?0', '?1'], 'Upload-Complete');
    assertEqual(headers['upload-defer-length'], undefined, 'Its deferral');
    return {
      gone: isGone,
      offset: Number(headers['upload-offset']),
      length: length === undefined ? undefined : Number(length),
      complete: headers['upload-complete'] === '?1',
    };
  }

  end(world: World, upload: KnownUpload): Promise<HttpResponse> {
    return cancel(world, upload);
  }

  /** Whether what is announced contradicts what is known of the length. */
  private isInconsistent(upload: KnownUpload, patch: Patch): boolean {
    const { offset, body, chunked, last, length } = patch;
    const end = offset + body.length;
    const known = upload.length ?? length;
    if (length !== undefined && length !== known) return true;
    if (known === undefined) return false;
    if (known < offset) return true;
    return last && !chunked && end !== known;
  }

  /** More bytes than there are to be: nobody knows what they were to mean. */
  private invalidate(upload: KnownUpload): number {
    upload.gone = true;
    return 400;
  }
}

const EMPTY: Patch = {
  offset: 0,
  body: Buffer.alloc(0),
  chunked: false,
  last: false,
  checksum: 'none',
};
