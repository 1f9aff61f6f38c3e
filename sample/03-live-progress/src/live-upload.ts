import type { Upload } from 'nestjs-tus';

/** What the page is told of an upload. */
export type LiveUpload = Pick<
  Upload,
  'id' | 'state' | 'offset' | 'length' | 'createdAt' | 'endedAt'
> & { readonly name: string };

export function toLiveUpload(upload: Upload): LiveUpload {
  const { id, state, offset, length, createdAt, endedAt, filename = 'No name' } = upload;
  return { id, name: filename, state, offset, length, createdAt, endedAt };
}

/** Each upload once, as it was told of last. */
export function latestOf(uploads: Upload[]): LiveUpload[] {
  const byId = new Map(uploads.map((upload) => [upload.id, upload]));
  return [...byId.values()].map(toLiveUpload);
}
