import { OCTETS, create, eventually, rawHead, storedBytes } from './index.js';
import type { CreatedUpload, RawConnection, TestApp } from './index.js';

/** Bytes of an upload that is never whole while a test runs. */
export const ENDLESS = 1024 * 1024;

/** A client in the middle of a PATCH. */
export interface Appending {
  readonly upload: CreatedUpload;
  readonly connection: RawConnection;
}

/** Sends the head of a PATCH that announces all the bytes of an upload. */
export async function beginPatch(app: TestApp, upload: CreatedUpload): Promise<RawConnection> {
  const connection = await app.connect();
  const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
  await connection.write(rawHead('PATCH', upload.path, [...lines, `Content-Length: ${ENDLESS}`]));
  return connection;
}

/** Begins a PATCH, and waits until its first byte is stored. */
export async function beginAppend(app: TestApp): Promise<Appending> {
  const upload = await create(app, { length: ENDLESS });
  const connection = await beginPatch(app, upload);
  await connection.write('x');
  await eventually(async () => expect(await storedBytes(app, upload)).toHaveLength(1));
  return { upload, connection };
}
