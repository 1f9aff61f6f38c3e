import type { Readable } from 'node:stream';
import { declaredTypeOf, decodeMetadata, quote } from '../../protocol/index.js';
import type { ByteRange } from '../../storage/index.js';
import { TypeNotAllowedError } from '../model/limit.errors.js';
import { loadFileType } from './load-file-type.js';

/** Bytes from the start of a file that tell what it is. */
export const TELLING_BYTES = 4100;

/** Where they lie in the file. */
export const TELLING_RANGE: ByteRange = { start: 0, end: TELLING_BYTES - 1 };

/** Reads a stream whole; what it gives must fit into memory. */
export async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

/** Types that others are built on: the start of such a file shows no more than the foundation. */
const FOUNDATIONS: Readonly<Record<string, RegExp>> = {
  'application/x-cfb': /^application\/(msword|vnd\.(ms-|visio))/,
  'application/zip':
    /\+zip$|^application\/(java-archive|vnd\.(android|oasis\.opendocument|openxmlformats)|vnd\.ms-)/,
};

/** What a client declares that does not know what a file is (RFC 2046 §4.5.1). Uppy does so. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** The control characters that text is written with. */
const TEXT_CONTROLS = Buffer.from('\t\n\v\f\r\x1b');

/**
 * What a file is: by its bytes where they show it, else by its client's word, unless the bytes of
 * such a file would show it.
 *
 * @param header the `Upload-Metadata` header as sent
 * @param start the first `TELLING_BYTES` of the file, or all if it has fewer
 */
export async function typeOf(
  header: string | undefined,
  start: Uint8Array,
): Promise<string | undefined> {
  const actual = await shownType(start);
  const declared = declaredTypeOf(decodeMetadata(header));
  return declared !== undefined && (await canBe(declared, actual, start)) ? declared : actual;
}

/** Decides what kinds of files are taken: by what clients declare, and by what the bytes are. */
export class TypeCheck {
  /** @param allowed media types such as `image/png`, or `image/*` for all of a kind */
  constructor(private readonly allowed: readonly string[]) {}

  /**
   * @param header the `Upload-Metadata` header as sent
   * @throws TypeNotAllowedError when a type is declared that is not allowed; of an unknown one, the
   *   bytes decide
   */
  assertDeclared(header: string | undefined): void {
    const declared = declaredTypeOf(decodeMetadata(header));
    if (declared === undefined || declared === UNKNOWN_TYPE || this.allows(declared)) return;
    throw this.refusal(`declared to be ${quote(declared)}`);
  }

  /**
   * A type that has a signature must show it; for a type without one, such as text, the client's
   * word counts.
   *
   * @param header the `Upload-Metadata` header as sent
   * @param start the first `TELLING_BYTES` of the file, or all if it has fewer
   * @throws TypeNotAllowedError when the bytes are of no allowed type
   */
  async assertActual(header: string | undefined, start: Uint8Array): Promise<void> {
    const actual = await shownType(start);
    if (actual !== undefined && this.allows(actual)) return;

    const declared = declaredTypeOf(decodeMetadata(header));
    const isPossible = declared !== undefined && this.allows(declared);
    if (isPossible && (await canBe(declared, actual, start))) return;
    throw this.refusal(actual === undefined ? 'of an unknown type' : `of type ${actual}`);
  }

  private allows(type: string): boolean {
    const kind = type.slice(0, type.indexOf('/') + 1);
    return this.allowed.includes(type) || this.allowed.includes(`${kind}*`);
  }

  private refusal(what: string): TypeNotAllowedError {
    const allowed = this.allowed.join(', ');
    return new TypeNotAllowedError(`The file is ${what}; allowed are ${allowed}.`);
  }
}

/** The type that the bytes of a file show, if they show one. */
async function shownType(start: Uint8Array): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await loadFileType();
  return (await fileTypeFromBuffer(start))?.mime;
}

/** Whether a file whose bytes show one type, or none, can be of another one. */
async function canBe(
  declared: string,
  actual: string | undefined,
  start: Uint8Array,
): Promise<boolean> {
  if (actual !== undefined && FOUNDATIONS[actual]?.test(declared)) return true;
  const { supportedMimeTypes } = await loadFileType();
  if (supportedMimeTypes.has(declared)) return false;
  // Text may begin with what happens to be a signature, as "BM" is.
  return actual === undefined || isText(start);
}

function isText(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  // The byte order mark of UTF-16 begins a frame of MP3 as well.
  if (first === 0xff && second === 0xfe) return true;
  return bytes.every((byte) => byte >= 0x20 || TEXT_CONTROLS.includes(byte));
}
