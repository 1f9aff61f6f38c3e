const UPLOAD_ID = /^[0-9a-f]{32}$/;

/** Whether a text is an upload's id: 32 lower-case hexadecimal digits and nothing else. */
export function isUploadId(value: string): boolean {
  return UPLOAD_ID.test(value);
}
