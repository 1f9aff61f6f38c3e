import { OCTETS, rawHead } from './index.js';
import type { RawConnection, RawResponse, TestApp } from './index.js';

/** A PATCH whose bytes a test sends one by one. */
export class SlowPatch {
  private constructor(private readonly connection: RawConnection) {}

  /** Begins one of so many bytes. */
  static async begin(
    app: TestApp,
    upload: { readonly path: string },
    length: number,
    offset = 0,
  ): Promise<SlowPatch> {
    const connection = await app.connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${offset}`];
    await connection.write(rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length}`]));
    return new SlowPatch(connection);
  }

  /** Resolves once the connection is gone. */
  get closed(): Promise<void> {
    return this.connection.closed;
  }

  write(bytes: string): Promise<void> {
    return this.connection.write(bytes);
  }

  response(): Promise<RawResponse> {
    return this.connection.response();
  }
}
