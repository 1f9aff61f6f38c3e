import { fileTypeFromBuffer, supportedMimeTypes } from 'file-type';
import { declaredTypeOf, decodeMetadata, ProtocolError } from '../protocol/index.js';

/** Bytes from the start of a file that tell what it is. */
export const TELLING_BYTES = 4100;

/** Decides what kinds of files are taken: by what clients declare, and by what the bytes are. */
export class TypeCheck {
  /** @param allowed media types such as `image/png`, or `image/*` for all of a kind */
  constructor(private readonly allowed: readonly string[]) {}

  /**
   * @param header the `Upload-Metadata` header as sent
   * @throws ProtocolError 415 when a type is declared that is not allowed
   */
  assertDeclared(header: string | undefined): void {
    const declared = declaredTypeOf(decodeMetadata(header));
    if (declared === undefined || this.allows(declared)) return;
    throw this.refusal(`declared to be ${declared}`);
  }

  /**
   * A type that has a signature must show it; for one that has none, such as text, the client's
   * word is all there is.
   *
   * @param header the `Upload-Metadata` header as sent
   * @param start the first `TELLING_BYTES` of the file, or all if it has fewer
   * @throws ProtocolError 415 when the bytes are of no allowed type
   */
  async assertActual(header: string | undefined, start: Uint8Array): Promise<void> {
    const actual = (await fileTypeFromBuffer(start))?.mime;
    const declared = declaredTypeOf(decodeMetadata(header));
    if (actual !== undefined && this.allows(actual)) return;
    if (actual !== undefined) throw this.refusal(`of type ${actual}`);

    const isPlausible = declared !== undefined && !supportedMimeTypes.has(declared);
    if (isPlausible && this.allows(declared)) return;
    throw this.refusal('of no type that its bytes would show');
  }

  private allows(type: string): boolean {
    const [kind] = type.split('/', 1);
    return this.allowed.includes(type) || this.allowed.includes(`${kind}/*`);
  }

  private refusal(what: string): ProtocolError {
    const allowed = this.allowed.join(', ');
    return new ProtocolError(415, `The file is ${what}; allowed are ${allowed}.`);
  }
}
